#include "moments.h"

#include <algorithm>

namespace strided {
namespace {

// Rows of a part of a dense buffer: few enough to be added up in float.
constexpr int64_t kPartRows = 512;
// Channels that one slice merges.
constexpr int64_t kMerged = 64;

}  // namespace

void Moments::begin(int64_t parts) {
  parts_ = parts;
  sums_.emplace(context_, 3 * parts * channels_);
  pixels_.emplace(context_, parts);
  std::fill_n(pixels_->get(), parts, 0.0);
}

void Moments::add(int64_t part, bool starts, int64_t first, int64_t count, const PixelRectangle& pixels) const {
  float* pivot = row(part, 0) + first;
  float* sum = row(part, 1) + first;
  float* square = row(part, 2) + first;
  if (starts) {
    // An empty batch has no first pixel.
    if (pixels.rows * pixels.columns > 0) std::copy_n(pixels.data, count, pivot);
    std::fill_n(sum, count, 0.0f);
    std::fill_n(square, count, 0.0f);
  }
  context_.kernels->moments.gather(count, pixels, pivot, sum, square);
  // Whoever has the first channel counts.
  if (first == 0) pixels_->get()[part] += static_cast<double>(pixels.rows * pixels.columns);
}

// Loops of one step each, which compilers turn into vectors.
void Moments::merge(int64_t begin, int64_t end) const {
  double mean[kMerged] = {};
  double square[kMerged] = {};
  const int64_t count = end - begin;
  double seen = 0;
  for (int64_t part = 0; part < parts_; part++) {
    const double pixels = pixels_->get()[part];
    if (pixels == 0) continue;
    seen += pixels;
    const double share = pixels / seen;
    const double weight = pixels * (seen - pixels) / seen;
    const float* pivot = row(part, 0) + begin;
    const float* sum = row(part, 1) + begin;
    const float* squares = row(part, 2) + begin;
    for (int64_t c = 0; c < count; c++) {
      const double moved = sum[c] / pixels;
      const double away = pivot[c] + moved - mean[c];
      mean[c] += away * share;
      square[c] += squares[c] - sum[c] * moved + away * away * weight;
    }
  }
  for (int64_t c = 0; c < count; c++) {
    const float rounded = static_cast<float>(mean[c]);
    target_[begin + c] = rounded;
    target_[channels_ + begin + c] = static_cast<float>(mean[c] - rounded);
    // Below 0 by rounding; NaN stays.
    target_[2 * channels_ + begin + c] = square[c] < 0 ? 0.0f : static_cast<float>(square[c]);
  }
}

void Moments::finish(const float* output, int64_t rows) {
  if (!sums_) {
    const Slices slices(rows, kPartRows);
    begin(slices.count);
    context_.parallel(slices.count, [&](int64_t i, int) {
      const int64_t from = slices.begin(i);
      add(i, true, 0, channels_, {output + from * channels_, 1, slices.end(i) - from, 0, channels_});
    });
  }
  const Slices blocks(channels_, kMerged);
  context_.parallel(blocks.count, [&](int64_t i, int) { merge(blocks.begin(i), blocks.end(i)); });
}

}  // namespace strided
