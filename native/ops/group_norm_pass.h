// What the two passes of group normalization are made of: steps over one image, or a slice of its pixels.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "group_norm.h"

namespace strided {

// Lanes of the widest register, and columns that a row should have to keep a tile of registers busy: of few channels,
// as many pixels are taken for one row.
constexpr int64_t kWidestLanes = 16;
constexpr int64_t kRowColumns = 64;
// Elements of an image that one thread normalizes while they are in its second-level cache: 1 MB.
constexpr int64_t kCachedImage = 1 << 18;
// Images from which on every thread of a large machine finds one; fewer are cut.
constexpr int64_t kManyImages = 16;
// Partial gradients of weight and bias: their memory stays far below that of the images.
constexpr int64_t kMaxParts = 64;
// Elements of a chunk; the second pass over an image takes the last one first, which the first pass has just read.
constexpr int64_t kChunk = 1 << 14;

// Pixels side by side as one row of whole registers, if the image has as many.
struct GroupNormRow {
  int64_t c, pixels, width;

  explicit GroupNormRow(const GroupNormProblem& p) : c(p.c), pixels(kWidestLanes / std::gcd(p.c, kWidestLanes)) {
    while (pixels * c < kRowColumns) pixels *= 2;
    pixels = std::min(pixels, p.spatial);
    width = pixels * c;
  }

  // Repeats the first c numbers over the width.
  void repeat(float* values) const {
    for (int64_t done = c; done < width; done *= 2) std::copy_n(values, std::min(done, width - done), values + done);
  }
  // Joins what was summed for the same channel.
  void join(double* sums) const {
    for (int64_t joined = c; joined < width; joined += c) {
      for (int64_t i = 0; i < c; i++) sums[i] += sums[joined + i];
    }
  }
  // Calls body(offset, size) for chunks of `size` elements, the last one first.
  template <typename Body>
  void backwards(int64_t size, Body body) const {
    const int64_t chunk = std::max<int64_t>(1, kChunk / width) * width;
    for (int64_t begin = (size - 1) / chunk * chunk; begin >= 0; begin -= chunk) {
      body(begin, std::min(chunk, size - begin));
    }
  }
};

// Coefficients of one image by column, and its sums by channel.
struct GroupNormScratch {
  double *sum, *product;
  float *mean, *scale, *slope, *offset;

  static int64_t doubles(const GroupNormRow& row) { return 4 * row.width; }
  GroupNormScratch(double* memory, const GroupNormRow& row)
      : sum(memory),
        product(sum + row.width),
        mean(reinterpret_cast<float*>(product + row.width)),
        scale(mean + row.width),
        slope(scale + row.width),
        offset(slope + row.width) {}
};

// One call: the problem, its kernels and what both passes share.
struct GroupNormPass {
  const GroupNormProblem& p;
  const BatchNormKernels& kernels;
  GroupNormRow row;
  int64_t image, group_channels;
  double count;

  GroupNormPass(const Context& context, const GroupNormProblem& problem)
      : p(problem),
        kernels(context.kernels->batch_norm),
        row(problem),
        image(problem.spatial * problem.c),
        group_channels(problem.c / problem.groups),
        count(static_cast<double>(problem.spatial * (problem.c / problem.groups))) {}

  // The median of three pixels by channel, to be taken from every value before it is squared: near the mean, so that a
  // large mean does not drown a small variance, and not fooled by one outlier. The pixels lie in no common row or
  // column.
  void choose_shift(const float* input, float* shift) const {
    const float* a = input + p.spatial * 30 / 127 * p.c;
    const float* b = input + p.spatial * 78 / 127 * p.c;
    const float* d = input + p.spatial * 109 / 127 * p.c;
    for (int64_t i = 0; i < p.c; i++) {
      shift[i] = std::max(std::min(a[i], b[i]), std::min(std::max(a[i], b[i]), d[i]));
    }
    row.repeat(shift);
  }

  void sums(int64_t pixels, const float* input, const GroupNormScratch& s) const {
    std::fill_n(s.sum, 2 * row.width, 0.0);
    kernels.moments(pixels * p.c, row.width, input, s.mean, s.sum, s.product);
    row.join(s.sum);
    row.join(s.product);
  }

  // Statistics of one image from the sums of its channels, whose shift lies in s.mean, and the coefficients of `apply`.
  void statistics(const GroupNormScratch& s, const float* weight, const float* bias, float* mean, float* rstd) const {
    const double pixels = static_cast<double>(p.spatial);
    for (int64_t i = 0; i < p.c; i++) {
      const double offset = s.sum[i] / pixels;
      s.product[i] -= s.sum[i] * offset;
      s.sum[i] = s.mean[i] + offset;
    }
    for (int64_t g = 0; g < p.groups; g++) {
      const int64_t begin = g * group_channels;
      const int64_t end = begin + group_channels;
      double middle = 0;
      for (int64_t i = begin; i < end; i++) middle += s.sum[i];
      middle /= static_cast<double>(group_channels);
      double squares = 0;
      for (int64_t i = begin; i < end; i++) {
        const double delta = s.sum[i] - middle;
        squares += s.product[i] + pixels * delta * delta;
      }
      // Rounding may leave a constant channel a little below 0; a NaN stays.
      const double variance = squares < 0 ? 0 : squares / count;
      const double r = 1 / std::sqrt(variance + p.eps);
      mean[g] = static_cast<float>(middle);
      rstd[g] = static_cast<float>(r);
      for (int64_t i = begin; i < end; i++) {
        const double scale = r * (weight == nullptr ? 1.0 : weight[i]);
        s.mean[i] = mean[g];
        s.scale[i] = static_cast<float>(scale);
        // With the part of the mean that its float lacks, so that mean 1000 with deviation 0.01 comes out centred.
        s.offset[i] = static_cast<float>((bias == nullptr ? 0.0 : bias[i]) - (middle - mean[g]) * scale);
      }
    }
    for (float* values : {s.mean, s.scale, s.offset}) row.repeat(values);
  }

  void apply(int64_t pixels, const float* input, const GroupNormScratch& s, float* output, bool streamed) const {
    row.backwards(pixels * p.c, [&](int64_t at, int64_t size) {
      kernels.apply(
          {size, row.width, s.mean, s.scale, s.offset, input + at, nullptr, false, nullptr, output + at, streamed});
    });
  }

  void spread_mean(const float* mean, const GroupNormScratch& s) const {
    for (int64_t g = 0; g < p.groups; g++) std::fill_n(s.mean + g * group_channels, group_channels, mean[g]);
    row.repeat(s.mean);
  }

  void dots(int64_t pixels, const float* input, const float* grad_output, const GroupNormScratch& s) const {
    std::fill_n(s.sum, 2 * row.width, 0.0);
    kernels.sums(pixels * p.c, row.width, input, grad_output, s.mean, nullptr, s.sum, s.product);
    row.join(s.sum);
    row.join(s.product);
  }

  // The coefficients of `gradient` for one image; adds its part to the gradients of weight, [c], and bias, the next
  // [c].
  void coefficients(const GroupNormScratch& s, const float* rstd, const float* weight, double* totals) const {
    for (int64_t g = 0; g < p.groups; g++) {
      const int64_t begin = g * group_channels;
      const double r = rstd[g];
      double sum = 0;
      double dot = 0;
      for (int64_t i = begin; i < begin + group_channels; i++) {
        const double w = weight == nullptr ? 1.0 : weight[i];
        sum += w * s.sum[i];
        dot += w * s.product[i];
      }
      std::fill_n(s.scale + begin, group_channels, rstd[g]);
      std::fill_n(s.slope + begin, group_channels, static_cast<float>(-r * r * r * dot / count));
      std::fill_n(s.offset + begin, group_channels, static_cast<float>(-r * sum / count));
    }
    // Loops of one step each, which compilers turn into vectors.
    for (int64_t i = 0; i < p.c; i++) totals[i] += s.product[i] * static_cast<double>(s.scale[i]);
    for (int64_t i = 0; i < p.c; i++) totals[p.c + i] += s.sum[i];
    for (int64_t i = 0; weight != nullptr && i < p.c; i++) s.scale[i] *= weight[i];
    for (float* values : {s.scale, s.slope, s.offset}) row.repeat(values);
  }

  void gradient(int64_t pixels, const float* input, const float* grad_output, const GroupNormScratch& s,
                float* grad_input, bool streamed) const {
    row.backwards(pixels * p.c, [&](int64_t at, int64_t size) {
      kernels.gradient({size, row.width, s.mean, s.scale, s.slope, s.offset, input + at, grad_output + at, nullptr,
                        grad_input + at, nullptr, streamed});
    });
  }

  // Whether the output is to pass the caches: it is larger than they are, not read, and rows begin on their lines.
  bool streams(const float* output, const float* read) const {
    return p.n * image >= kStreamedSize && output != read && reinterpret_cast<uintptr_t>(output) % 64 == 0 &&
           row.width % kWidestLanes == 0 && image % kWidestLanes == 0;
  }

  // Whether whole images are slices; else their pixels are.
  bool by_image() const { return image <= kStreamSlice || (image <= kCachedImage && p.n >= kManyImages); }
  Slices images() const {
    return Slices(p.n, std::max(std::max<int64_t>(1, kStreamSlice / image), ceil_div(p.n, kMaxParts)));
  }
  Slices pixels() const { return Slices(p.spatial, std::max<int64_t>(row.pixels, kStreamSlice / p.c)); }

  // Sums over all pixels of a large image: `part(first pixel, pixels, scratch)` sums a slice of them.
  template <typename Part>
  void total_of_parts(const Context& context, const Slices& parts, const GroupNormScratch& image_scratch,
                      const ThreadWorkspace<double>& memory, double* partial, Part part) const {
    context.parallel(parts.count, [&](int64_t i, int thread) {
      const GroupNormScratch s(memory.get(thread), row);
      std::copy_n(image_scratch.mean, row.width, s.mean);
      part(parts.begin(i), parts.end(i) - parts.begin(i), s);
      std::copy_n(s.sum, p.c, partial + 2 * p.c * i);
      std::copy_n(s.product, p.c, partial + 2 * p.c * i + p.c);
    });
    std::fill_n(image_scratch.sum, p.c, 0.0);
    std::fill_n(image_scratch.product, p.c, 0.0);
    for (int64_t i = 0; i < parts.count; i++) {
      const double* sums = partial + 2 * p.c * i;
      for (int64_t j = 0; j < p.c; j++) image_scratch.sum[j] += sums[j];
      for (int64_t j = 0; j < p.c; j++) image_scratch.product[j] += sums[p.c + j];
    }
  }
};

}  // namespace strided
