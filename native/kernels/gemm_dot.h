// The dot form of gemm.h: registers run along the sum, for products of few columns.
#pragma once

#include "../simd/vec.h"
#include "gemm.h"

namespace strided {
namespace {

// Columns and rows of a dot tile: 16 (8) accumulators with a register for each row and column beside them. One lane has
// nothing to gain.
constexpr int kDotColumns = kLanes > 1 ? 4 : 0;
constexpr int kDotRows = kRegisters == 32 ? 4 : 2;

template <int MR, int NC>
void dot_tile(const GemmTile& t, int64_t row) {
  Vec acc[MR][NC];
#pragma GCC unroll 4
  for (int m = 0; m < MR; m++) {
#pragma GCC unroll 4
    for (int j = 0; j < NC; j++) acc[m][j] = zero();
  }
  for (int64_t r = 0; r < t.run_count; r++) {
    const float* STRIDED_RESTRICT a = t.a + row * t.a_row + t.runs[r].a;
    const float* STRIDED_RESTRICT b = t.b + t.runs[r].b * t.b_run;
    for (int64_t k = 0; k < t.runs[r].k; k += kLanes) {
      const int64_t left = t.runs[r].k - k;
      const Mask mask = first_lanes(left < kLanes ? left : kLanes);
      Vec b_column[NC];
#pragma GCC unroll 4
      for (int j = 0; j < NC; j++) b_column[j] = load(b + j * t.b_k + k, mask);
#pragma GCC unroll 4
      for (int m = 0; m < MR; m++) {
        const Vec a_row = load(a + m * t.a_row + k, mask);
#pragma GCC unroll 4
        for (int j = 0; j < NC; j++) acc[m][j] = fma(a_row, b_column[j], acc[m][j]);
      }
    }
  }
#pragma GCC unroll 4
  for (int m = 0; m < MR; m++) {
#pragma GCC unroll 4
    for (int j = 0; j < NC; j++) {
      const float start = t.bias == nullptr ? 0.0f : t.bias[j];
      const float sum = start + reduce_add(acc[m][j]);
      t.c[(row + m) * t.c_row + j] = t.relu && sum <= 0.0f ? 0.0f : sum;
    }
  }
}

template <int NC>
void dot_of(const GemmTile& t) {
  if constexpr (NC > 1) {
    if (t.columns < NC) return dot_of<NC - 1>(t);
  }
  int64_t row = 0;
  for (; row + kDotRows <= t.rows; row += kDotRows) dot_tile<kDotRows, NC>(t, row);
  for (; row < t.rows; row++) dot_tile<1, NC>(t, row);
}

}  // namespace
}  // namespace strided
