#include "random.h"

#include <algorithm>
#include <cmath>

namespace strided {
namespace {

constexpr double kTwo32 = 4294967296.0;
constexpr double kPi = 3.14159265358979323846;

// Numbers made at a time; a multiple of the four words of a block.
constexpr int64_t kChunk = 1024;

// Calls body(first index, count, words) over the stream; count is a multiple of 4 but at the end.
template <typename Body>
void for_words(const Context& context, const RandomStream& stream, int64_t size, Body body) {
  const Slices chunks(ceil_div(size, kChunk), 8);
  context.parallel(chunks.count, [&](int64_t slice, int) {
    uint32_t words[kChunk];
    for (int64_t i = chunks.begin(slice); i < chunks.end(slice); i++) {
      const int64_t begin = i * kChunk;
      const int64_t count = std::min(kChunk, size - begin);
      context.kernels->dropout.words(stream.seed, stream.offset + static_cast<uint64_t>(begin / 4), ceil_div(count, 4),
                                     words);
      body(begin, count, words);
    }
  });
}

}  // namespace

void random_uniform(const Context& context, const RandomStream& stream, int64_t size, double low, double high,
                    float* output) {
  for_words(context, stream, size, [&](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; i++) {
      output[begin + i] = static_cast<float>(low + (words[i] >> 8) / 16777216.0 * (high - low));
    }
  });
}

void random_normal(const Context& context, const RandomStream& stream, int64_t size, double mean, double std,
                   float* output) {
  for_words(context, stream, size, [&](int64_t begin, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; i += 2) {
      const double radius = std::sqrt(-2 * std::log((words[i] + 1.0) / kTwo32));
      const double angle = 2 * kPi * words[i + 1] / kTwo32;
      output[begin + i] = static_cast<float>(mean + std * radius * std::cos(angle));
      if (i + 1 < count) output[begin + i + 1] = static_cast<float>(mean + std * radius * std::sin(angle));
    }
  });
}

void dropout(const Context& context, const DropoutProblem& p, const float* input, float* output) {
  const DropoutKernels& kernels = context.kernels->dropout;
  const int64_t size = p.n * p.spatial * p.c;
  const double threshold = std::ceil(p.p * kTwo32);
  if (threshold >= kTwo32) {
    const Slices slices(size, kStreamSlice);
    context.parallel(slices.count, [&](int64_t i, int) {
      context.kernels->elementwise.fill(slices.end(i) - slices.begin(i), 0.0f, output + slices.begin(i));
    });
    return;
  }
  const uint32_t least = static_cast<uint32_t>(threshold);
  const float scale = static_cast<float>(1 / (1 - p.p));
  if (!p.channelwise) {
    const Slices blocks(ceil_div(size, 4), kStreamSlice / 16);
    context.parallel(blocks.count, [&](int64_t i, int) {
      const int64_t begin = 4 * blocks.begin(i);
      const int64_t end = std::min(size, 4 * blocks.end(i));
      kernels.apply(end - begin, p.stream.seed, p.stream.offset + static_cast<uint64_t>(begin / 4), least, scale,
                    input + begin, output + begin);
    });
    return;
  }
  const Workspace<uint32_t> words(context, ceil_div(p.n * p.c, 4) * 4);
  kernels.words(p.stream.seed, p.stream.offset, ceil_div(p.n * p.c, 4), words.get());
  const Slices rows(p.n * p.spatial, std::max<int64_t>(1, kStreamSlice / p.c));
  context.parallel(rows.count, [&](int64_t i, int) {
    for (int64_t row = rows.begin(i); row < rows.end(i); row++) {
      kernels.channels(p.c, words.get() + row / p.spatial * p.c, least, scale, input + row * p.c, output + row * p.c);
    }
  });
}

}  // namespace strided
