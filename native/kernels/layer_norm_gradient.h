// Sums over a row, and the gradient of rows whose sums are known.
#pragma once

#include "../simd/loop.h"
#include "layer_norm.h"

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

// Rows of a gradient taken side by side: the sums by column are read and written once for all of them.
constexpr int kRows = kRegisters / 8;

template <bool kWeight, bool kSums, bool kStreamed, int R>
STRIDED_INLINE void gradient_of(const LayerNormGradient& s, int64_t row, const RowStats* stats, const RowDots* dots) {
  Vec mean[R], rstd[R], a[R], b[R];
#pragma GCC unroll 4
  for (int u = 0; u < R; u++) {
    // A share, since a short row would wait for a division longer than for its sums.
    const double r = stats[u].rstd;
    mean[u] = set1(stats[u].mean);
    rstd[u] = set1(stats[u].rstd);
    a[u] = set1(static_cast<float>(-(r * r * s.share) * (r * dots[u].dot)));
    b[u] = set1(static_cast<float>(-(r * s.share) * dots[u].sum));
  }
  // In variables of their own: what a pointer points at might be the struct.
  const int64_t stride = s.stride;
  const float* input = s.input + row * stride;
  const float* grad_output = s.grad_output + row * stride;
  float* grad_input = s.grad_input + row * stride;
  const float* weight = s.weight;
  float* grad_weight = s.grad_weight;
  float* grad_bias = s.grad_bias;
  for_registers(s.columns, [=](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    Vec w = zero(), weight_sum = zero(), bias_sum = zero();
    if constexpr (kWeight) w = lanes.load(weight + i);
    if (kSums && grad_weight != nullptr) weight_sum = lanes.load(grad_weight + i);
    if (kSums && grad_bias != nullptr) bias_sum = lanes.load(grad_bias + i);
#pragma GCC unroll 4
    for (int u = 0; u < R; u++) {
      const int64_t at = u * stride + i;
      const Vec g = lanes.load(grad_output + at);
      const Vec d = sub(lanes.load(input + at), mean[u]);
      Vec scaled = g;
      if constexpr (kWeight) scaled = mul(g, w);
      const Vec result = fma(scaled, rstd[u], fma(d, a[u], b[u]));
      kStreamed ? stream(grad_input + at, result) : lanes.store(grad_input + at, result);
      if constexpr (kSums) weight_sum = fma(mul(d, rstd[u]), g, weight_sum);
      if constexpr (kSums) bias_sum = add(bias_sum, g);
    }
    if (kSums && grad_weight != nullptr) lanes.store(grad_weight + i, weight_sum);
    if (kSums && grad_bias != nullptr) lanes.store(grad_bias + i, bias_sum);
  });
}

template <bool kWeight, bool kSums, bool kStreamed>
struct GradientPass {
  // Rows whose dots are known.
  static void known(const LayerNormGradient& s) {
    int64_t row = 0;
    for (; row + kRows <= s.rows; row += kRows) run<kRows>(s, row, s.stats + row, s.dots + row);
    for (; row < s.rows; row++) run<1>(s, row, s.stats + row, s.dots + row);
    if (kStreamed) end_stream();
  }

  // Whole rows, their dots taken here: one row's overlap with the gradient of the one before. Several rows side by side
  // were 1.4 times slower.
  static void whole(const LayerNormGradient& s, const float* mean, const float* rstd) {
    for (int64_t row = 0; row < s.rows; row++) {
      const int64_t at = row * s.stride;
      const RowStats stats{mean == nullptr ? 0.0f : mean[row], rstd[row], 0.0f};
      RowDots sums = row_dots<kWeight>(s.columns, stats.mean, s.input + at, s.grad_output + at, s.weight);
      if (mean == nullptr) sums.sum = 0;
      run<1>(s, row, &stats, &sums);
    }
    if (kStreamed) end_stream();
  }

 private:
  template <int R>
  static STRIDED_INLINE void run(const LayerNormGradient& s, int64_t row, const RowStats* stats, const RowDots* dots) {
    gradient_of<kWeight, kSums, kStreamed, R>(s, row, stats, dots);
  }
};

// Calls body with the pass that the struct asks for.
template <typename Body>
void choose_pass(const LayerNormGradient& s, Body body) {
  const bool sums = s.grad_weight != nullptr || s.grad_bias != nullptr;
  const auto streamed = [&](auto plain, auto past) { s.streamed ? body(past) : body(plain); };
  if (s.weight == nullptr) {
    sums ? streamed(GradientPass<false, true, false>{}, GradientPass<false, true, true>{})
         : streamed(GradientPass<false, false, false>{}, GradientPass<false, false, true>{});
  } else {
    sums ? streamed(GradientPass<true, true, false>{}, GradientPass<true, true, true>{})
         : streamed(GradientPass<true, false, false>{}, GradientPass<true, false, true>{});
  }
}

}  // namespace
}  // namespace strided
