// The weight gradient's sums of narrow groups, a filter row at a time.
#pragma once

#include "../simd/windows.h"
#include "grouped_conv2d.h"

namespace strided {
namespace {

// Channels of a group whose weight gradients are summed together.
constexpr int kTogether = kRegisters == 32 ? 4 : 2;

// For each group size the lane that each lane takes: channel i of its own group.
struct Spread {
  int32_t lane[8][kLanes];

  constexpr explicit Spread(int group) : lane() {
    for (int i = 0; i < 8; i++) {
      for (int l = 0; l < kLanes; l++) lane[i][l] = l / group * group + (i < group ? i : 0);
    }
  }
};
constexpr Spread kSpread2{2};
constexpr Spread kSpread4{4};
constexpr Spread kSpread8{8};

STRIDED_INLINE const Spread& spread_of(int64_t group) {
  return group == 2 ? kSpread2 : group == 4 ? kSpread4 : kSpread8;
}

STRIDED_INLINE bool inside(int64_t column, int64_t width) {
  return static_cast<uint64_t>(column) < static_cast<uint64_t>(width);
}

// Adds one source pixel's share to the sums of C channels: `grad` holds the K outputs that it feeds.
template <int C, int K>
STRIDED_INLINE void add_pixel(Vec pixel, const VecInt (&index)[C], const Vec (&grad)[K], Vec (&acc)[C][K]) {
#pragma GCC unroll 4
  for (int i = 0; i < C; i++) {
    const Vec channel = permute(pixel, index[i]);
#pragma GCC unroll 3
    for (int k = 0; k < K; k++) acc[i][k] = fma(channel, grad[k], acc[i][k]);
  }
}

// Adds a whole output row to the sums of C channels of each group. With a stride of 1 a pixel that feeds all K taps is
// permuted once for all of them.
template <int C, int K, int S>
STRIDED_INLINE void add_row(const GroupedRow& r, const float* source, const float* grad_output,
                            const VecInt (&index)[C], Vec (&acc)[C][K]) {
  const Mask mask = first_lanes(r.lanes);
  const auto add_tap = [&](int64_t o, int64_t column, Vec(&sums)[C][K], int k) STRIDED_LAMBDA_INLINE {
    const Vec pixel = load(source + column * r.pixel, mask);
    const Vec grad = load(grad_output + o * r.output_pixel, mask);
#pragma GCC unroll 4
    for (int i = 0; i < C; i++) sums[i][k] = fma(permute(pixel, index[i]), grad, sums[i][k]);
  };
  // Columns under which all taps have an output.
  const int64_t begin = r.first + K - 1 > 0 ? r.first + K - 1 : 0;
  const int64_t end = r.first + r.outputs < r.width ? r.first + r.outputs : r.width;
  const bool whole = S == 1 && begin < end;
#pragma GCC unroll 3
  for (int k = 0; k < K; k++) {
    const Range o = outputs_inside(r.first + k, S, r.outputs, r.width);
    // Outputs whose column lies before `begin`, and from `end` on.
    const int64_t before = whole ? begin - r.first - k : o.end;
    const int64_t from = whole ? end - r.first - k : o.end;
    for (int64_t q = o.begin; q < o.end && q < before; q++) add_tap(q, q * S + r.first + k, acc, k);
    for (int64_t q = from > o.begin ? from : o.begin; q < o.end; q++) add_tap(q, q * S + r.first + k, acc, k);
  }
  if (!whole) return;
  for (int64_t column = begin; column < end; column++) {
    const float* g = grad_output + (column - r.first) * r.output_pixel;
    Vec grad[K];
#pragma GCC unroll 3
    for (int k = 0; k < K; k++) grad[k] = load(g - k * r.output_pixel, mask);
    if (r.next_source != nullptr) {
      __builtin_prefetch(r.next_source + column * r.pixel);
      __builtin_prefetch(r.next_output + (column - r.first) * r.output_pixel);
    }
    add_pixel(load(source + column * r.pixel, mask), index, grad, acc);
  }
}

template <int C, int K, int S>
void weight_channels(const GroupedRow& r, int64_t i, const float* source, const float* grad_output,
                     float* grad_weight) {
  VecInt index[C];
  Vec acc[C][K];
#pragma GCC unroll 4
  for (int c = 0; c < C; c++) {
    index[c] = load_int(spread_of(r.group).lane[i + c]);
#pragma GCC unroll 3
    for (int k = 0; k < K; k++) acc[c][k] = load(grad_weight + (k * r.group + i + c) * kLanes);
  }
  add_row<C, K, S>(r, source, grad_output, index, acc);
#pragma GCC unroll 4
  for (int c = 0; c < C; c++) {
#pragma GCC unroll 3
    for (int k = 0; k < K; k++) store(grad_weight + (k * r.group + i + c) * kLanes, acc[c][k]);
  }
}

template <int K, int S>
void weight_row(const GroupedRow& r, const float* source, const float* grad_output, float* grad_weight) {
  int64_t i = 0;
  for (; i + kTogether <= r.group; i += kTogether) {
    weight_channels<kTogether, K, S>(r, i, source, grad_output, grad_weight);
  }
  for (; i < r.group; i += 2) weight_channels<2, K, S>(r, i, source, grad_output, grad_weight);
}

}  // namespace
}  // namespace strided
