#include "layer_norm.h"

#include "../simd/loop.h"
#include "layer_norm_gradient.h"

namespace strided {
namespace {

// Sum and sum of squares of x - center.
STRIDED_INLINE Sums deviations(int64_t size, const float* input, float center) {
  const Vec k = set1(center);
  return row_sums(size, [=](int64_t i, auto lanes, Vec& a, Vec& b) STRIDED_LAMBDA_INLINE {
    const Vec d = inside(lanes, sub(lanes.load(input + i), k));
    a = add(a, d);
    b = fma(d, d, b);
  });
}

STRIDED_INLINE float row_sum(int64_t size, const float* input) {
  return row_sums(size,
                  [=](int64_t i, auto lanes, Vec& a, Vec&) STRIDED_LAMBDA_INLINE { a = add(a, lanes.load(input + i)); })
      .a;
}

// A block's values are taken about their mean, as float has it, and the mean is mended by what is left on average.
RowMoments moments(int64_t size, const float* input) {
  RowMoments total{0, 0};
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t count = size - begin < kBlock ? size - begin : kBlock;
    // Factors that no sum has to wait for, unlike divisors: short rows are nothing but waiting.
    const double part = 1 / static_cast<double>(count);
    const double share = static_cast<double>(count) / static_cast<double>(begin + count);
    const float center = static_cast<float>(row_sum(count, input + begin) * part);
    const Sums sums = deviations(count, input + begin, center);
    const double offset = sums.a * part;
    const double delta = center + offset - total.mean;
    total.squares += sums.b - sums.a * offset + delta * delta * static_cast<double>(begin) * share;
    total.mean += delta * share;
  }
  return total;
}

RowMoments squares(int64_t size, const float* input) {
  RowMoments total{0, 0};
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t count = size - begin < kBlock ? size - begin : kBlock;
    total.squares += row_sums(count, [=](int64_t i, auto lanes, Vec& a, Vec&) STRIDED_LAMBDA_INLINE {
                       const Vec x = lanes.load(input + begin + i);
                       a = fma(x, x, a);
                     }).a;
  }
  return total;
}

void apply(int64_t size, RowStats stats, const float* input, const float* weight, const float* bias, float* output,
           bool streamed) {
  const Vec mean = set1(stats.mean);
  const Vec rstd = set1(stats.rstd);
  const Vec offset = set1(stats.offset);
  auto normal = [=](Vec x) STRIDED_LAMBDA_INLINE { return fma(sub(x, mean), rstd, offset); };
  auto scaled = [=](Vec x, Vec w) STRIDED_LAMBDA_INLINE { return mul(normal(x), w); };
  auto shifted = [=](Vec x, Vec b) STRIDED_LAMBDA_INLINE { return add(normal(x), b); };
  auto affine = [=](Vec x, Vec w, Vec b) STRIDED_LAMBDA_INLINE { return fma(normal(x), w, b); };
  if (weight != nullptr && bias != nullptr) {
    map_to(streamed, size, output, affine, input, weight, bias);
  } else if (weight != nullptr) {
    map_to(streamed, size, output, scaled, input, weight);
  } else if (bias != nullptr) {
    map_to(streamed, size, output, shifted, input, bias);
  } else {
    map_to(streamed, size, output, normal, input);
  }
}

// Elements of the rows whose sums are taken before any is normalized: 4 KB, which stay in the first-level cache.
constexpr int64_t kGroup = 1024;

// What is long for one short row, the division and the root, is done for a register of rows at once; the sums of one
// overlap with those of the next.
void forward(const LayerNormForward& s) {
  const int64_t fitting = kGroup / s.size < 1 ? 1 : kGroup / s.size;
  const int64_t group = fitting < kLanes ? fitting : kLanes;
  const float share = 1 / static_cast<float>(s.size);
  for (int64_t row = 0; row < s.rows; row += group) {
    const int64_t rows = s.rows - row < group ? s.rows - row : group;
    const float* input = s.input + row * s.size;
    float center[kLanes] = {}, a[kLanes] = {}, b[kLanes] = {};
    for (int64_t u = 0; u < rows; u++) {
      if (s.mean != nullptr) center[u] = row_sum(s.size, input + u * s.size) * share;
      const Sums sums = deviations(s.size, input + u * s.size, center[u]);
      if (s.mean != nullptr) a[u] = sums.a;
      b[u] = sums.b;
    }
    const Vec offset = mul(load(a), set1(share));
    const Vec mean = add(load(center), offset);
    const Vec squares = fnma(load(a), offset, load(b));
    // A NaN stays.
    const Vec variance = max(zero(), mul(squares, set1(share)));
    const Vec rstd = div(set1(1.0f), sqrt(add(variance, set1(s.eps))));
    // What the mean lost when it was rounded.
    const Vec rest = mul(sub(sub(mean, load(center)), offset), rstd);
    const Mask mask = first_lanes(rows);
    if (s.mean != nullptr) store(s.mean + row, mean, mask);
    store(s.rstd + row, rstd, mask);
    store(center, mean);
    store(a, rstd);
    store(b, rest);
    for (int64_t u = 0; u < rows; u++) {
      const int64_t at = u * s.size;
      apply(s.size, {center[u], a[u], b[u]}, input + at, s.weight, s.bias, s.output + row * s.size + at, s.streamed);
    }
  }
  if (s.streamed) end_stream();
}

void end_apply() { end_stream(); }

RowDots dots(int64_t size, RowStats stats, const float* input, const float* grad_output, const float* weight) {
  return weight == nullptr ? row_dots<false>(size, stats.mean, input, grad_output, weight)
                           : row_dots<true>(size, stats.mean, input, grad_output, weight);
}

void gradient(const LayerNormGradient& s) {
  choose_pass(s, [&](auto pass) { decltype(pass)::known(s); });
}

void backward(const LayerNormGradient& s, const float* mean, const float* rstd) {
  choose_pass(s, [&](auto pass) { decltype(pass)::whole(s, mean, rstd); });
}

}  // namespace

template <>
const LayerNormKernels& layer_norm_kernels<kIsa>() {
  static constexpr LayerNormKernels kernels = {forward, moments, squares, apply, end_apply, dots, backward, gradient};
  return kernels;
}

}  // namespace strided
