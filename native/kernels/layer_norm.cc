#include "layer_norm.h"

#include "../simd/loop.h"

namespace strided {
namespace {

// Elements summed in float before the sum moves to double; 8 KB, so that the second pass over them finds them in the
// first-level cache.
constexpr int64_t kBlock = 2048;
// Registers of a row summed independently, to hide the latency of an addition.
constexpr int kChains = 4;
struct Sums {
  float a, b;
};

// Adds up both values that term(offset, lanes) gives for each register of a row.
template <typename Term>
STRIDED_INLINE Sums row_sums(int64_t size, Term term) {
  Vec a[kChains];
  Vec b[kChains];
#pragma GCC unroll 4
  for (int u = 0; u < kChains; u++) a[u] = b[u] = zero();
  int64_t i = 0;
  for (; i + kChains * kLanes <= size; i += kChains * kLanes) {
#pragma GCC unroll 4
    for (int u = 0; u < kChains; u++) term(i + u * kLanes, AllLanes{}, a[u], b[u]);
  }
  for (; i + kLanes <= size; i += kLanes) term(i, AllLanes{}, a[0], b[0]);
  if (i < size) term(i, FirstLanes{first_lanes(size - i)}, a[1], b[1]);
  return {reduce_add(add(add(a[0], a[1]), add(a[2], a[3]))), reduce_add(add(add(b[0], b[1]), add(b[2], b[3])))};
}

// Other lanes count as 0.
STRIDED_INLINE Vec inside(AllLanes, Vec v) { return v; }
STRIDED_INLINE Vec inside(FirstLanes lanes, Vec v) { return select(lanes.mask, v, zero()); }

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

void apply(int64_t size, RowStats stats, const float* input, const float* weight, const float* bias, float* output) {
  const Vec mean = set1(stats.mean);
  const Vec rstd = set1(stats.rstd);
  const Vec offset = set1(stats.offset);
  auto normal = [=](Vec x) STRIDED_LAMBDA_INLINE { return fma(sub(x, mean), rstd, offset); };
  if (weight != nullptr && bias != nullptr) {
    map(
        size, output, [=](Vec x, Vec w, Vec b) STRIDED_LAMBDA_INLINE { return fma(normal(x), w, b); }, input, weight,
        bias);
  } else if (weight != nullptr) {
    map(
        size, output, [=](Vec x, Vec w) STRIDED_LAMBDA_INLINE { return mul(normal(x), w); }, input, weight);
  } else if (bias != nullptr) {
    map(
        size, output, [=](Vec x, Vec b) STRIDED_LAMBDA_INLINE { return add(normal(x), b); }, input, bias);
  } else {
    map(size, output, normal, input);
  }
}

template <bool kWeight>
STRIDED_INLINE RowDots row_dots(int64_t size, float mean, const float* input, const float* grad_output,
                                const float* weight) {
  const Vec m = set1(mean);
  RowDots total{0, 0};
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t count = size - begin < kBlock ? size - begin : kBlock;
    const Sums sums = row_sums(count, [=](int64_t i, auto lanes, Vec& a, Vec& b) STRIDED_LAMBDA_INLINE {
      Vec g = lanes.load(grad_output + begin + i);
      if constexpr (kWeight) g = mul(g, lanes.load(weight + begin + i));
      a = add(a, g);
      b = fma(g, sub(lanes.load(input + begin + i), m), b);
    });
    total.sum += sums.a;
    total.dot += sums.b;
  }
  return total;
}

RowDots dots(int64_t size, RowStats stats, const float* input, const float* grad_output, const float* weight) {
  return weight == nullptr ? row_dots<false>(size, stats.mean, input, grad_output, weight)
                           : row_dots<true>(size, stats.mean, input, grad_output, weight);
}

// Row by row and all in one pass: memory is read in order, and the sums by column cost nothing beside it. Several rows
// side by side would halve the loads and were 1.4 times slower.
template <bool kWeight, bool kSums>
STRIDED_INLINE void gradient_of(int64_t size, RowStats stats, RowDots dots, double share, const float* input,
                                const float* grad_output, const float* weight, float* grad_input, float* grad_weight,
                                float* grad_bias) {
  // A share, since a short row would wait for a division longer than for its sums.
  const double r = stats.rstd;
  const Vec mean = set1(stats.mean);
  const Vec rstd = set1(stats.rstd);
  const Vec a = set1(static_cast<float>(-(r * r * share) * (r * dots.dot)));
  const Vec b = set1(static_cast<float>(-(r * share) * dots.sum));
  for_registers(size, [=](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec g = lanes.load(grad_output + i);
    const Vec d = sub(lanes.load(input + i), mean);
    Vec scaled = g;
    if constexpr (kWeight) scaled = mul(g, lanes.load(weight + i));
    lanes.store(grad_input + i, fma(scaled, rstd, fma(d, a, b)));
    if constexpr (kSums) {
      if (grad_weight != nullptr) lanes.store(grad_weight + i, fma(mul(d, rstd), g, lanes.load(grad_weight + i)));
      if (grad_bias != nullptr) lanes.store(grad_bias + i, add(lanes.load(grad_bias + i), g));
    }
  });
}

void gradient(int64_t columns, RowStats stats, RowDots dots, double share, const float* input, const float* grad_output,
              const float* weight, float* grad_input, float* grad_weight, float* grad_bias) {
  const bool sums = grad_weight != nullptr || grad_bias != nullptr;
  const auto run = weight == nullptr ? (sums ? gradient_of<false, true> : gradient_of<false, false>)
                                     : (sums ? gradient_of<true, true> : gradient_of<true, false>);
  run(columns, stats, dots, share, input, grad_output, weight, grad_input, grad_weight, grad_bias);
}

// Short rows are mostly waiting and calling; here the calls are gone, and one row's sums overlap with the next one's.
template <bool kWeight, bool kSums>
void backward_of(int64_t rows, int64_t size, const float* input, const float* grad_output, const float* mean,
                 const float* rstd, const float* weight, float* grad_input, float* grad_weight, float* grad_bias) {
  const double share = 1 / static_cast<double>(size);
  for (int64_t row = 0; row < rows; row++) {
    const int64_t at = row * size;
    const RowStats stats{mean == nullptr ? 0.0f : mean[row], rstd[row], 0.0f};
    RowDots sums = row_dots<kWeight>(size, stats.mean, input + at, grad_output + at, weight);
    if (mean == nullptr) sums.sum = 0;
    gradient_of<kWeight, kSums>(size, stats, sums, share, input + at, grad_output + at, weight, grad_input + at,
                                grad_weight, grad_bias);
  }
}

void backward(int64_t rows, int64_t size, const float* input, const float* grad_output, const float* mean,
              const float* rstd, const float* weight, float* grad_input, float* grad_weight, float* grad_bias) {
  const bool sums = grad_weight != nullptr || grad_bias != nullptr;
  const auto run = weight == nullptr ? (sums ? backward_of<false, true> : backward_of<false, false>)
                                     : (sums ? backward_of<true, true> : backward_of<true, false>);
  run(rows, size, input, grad_output, mean, rstd, weight, grad_input, grad_weight, grad_bias);
}

}  // namespace

template <>
const LayerNormKernels& layer_norm_kernels<kIsa>() {
  static constexpr LayerNormKernels kernels = {moments, squares, apply, dots, backward, gradient};
  return kernels;
}

}  // namespace strided
