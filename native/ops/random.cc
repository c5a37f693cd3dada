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

// Words of the channels of one image, repeated for as many pixels as make a call worth its cost.
constexpr int64_t kLeastWords = 512;

void drop_channels(const Context& context, const DropoutProblem& p, const DropoutRule& rule, const float* input,
                   float* output) {
  const DropoutKernels& kernels = context.kernels->dropout;
  const Workspace<uint32_t> words(context, ceil_div(p.n * p.c, 4) * 4);
  kernels.words(p.stream.seed, p.stream.offset, ceil_div(p.n * p.c, 4), words.get());
  const int64_t pixels = std::min(p.spatial, ceil_div(kLeastWords, p.c));
  // Large images in parts, several small ones to a slice.
  const Slices parts(p.spatial, std::max(pixels, kStreamSlice / p.c / pixels * pixels));
  const Slices slices(p.n * parts.count, std::max<int64_t>(1, kStreamSlice / (p.c * ceil_div(p.spatial, parts.count))));
  const ThreadWorkspace<uint32_t> repeated(context, pixels * p.c);
  context.parallel(slices.count, [&](int64_t i, int thread) {
    uint32_t* row = repeated.get(thread);
    for (int64_t part = slices.begin(i); part < slices.end(i); part++) {
      const int64_t n = part / parts.count;
      for (int64_t k = 0; k < pixels; k++) std::copy_n(words.get() + n * p.c, p.c, row + k * p.c);
      const int64_t end = parts.end(part % parts.count);
      for (int64_t at = parts.begin(part % parts.count); at < end; at += pixels) {
        const int64_t begin = (n * p.spatial + at) * p.c;
        kernels.channels(std::min(pixels, end - at) * p.c, row, rule, input + begin, output + begin);
      }
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
      context.kernels->elementwise.fill(slices.end(i) - slices.begin(i), p.dropped, output + slices.begin(i));
    });
    return;
  }
  const DropoutRule rule{static_cast<uint32_t>(threshold), p.scale, p.shift, p.dropped};
  if (!p.channelwise) {
    const Slices blocks(ceil_div(size, 4), kStreamSlice / 16);
    context.parallel(blocks.count, [&](int64_t i, int) {
      const int64_t begin = 4 * blocks.begin(i);
      const int64_t end = std::min(size, 4 * blocks.end(i));
      kernels.apply(end - begin, p.stream.seed, p.stream.offset + static_cast<uint64_t>(begin / 4), rule, input + begin,
                    output + begin);
    });
    return;
  }
  drop_channels(context, p, rule, input, output);
}

}  // namespace strided
