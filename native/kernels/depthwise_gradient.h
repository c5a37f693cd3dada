// Sums of the depthwise weight gradient: those of up to three filter rows stay in registers over whole output rows.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// Floats of input rows that all registers of channels are taken through before the next ones: they stay in L2.
constexpr int64_t kChunk = 1 << 15;
// Filter columns up to which the sums of a whole kernel stay in registers over such rows.
constexpr int64_t kNarrow = 3;

// Filter rows whose sums are held in registers together: nine sums, or one row of five or seven.
template <int K>
constexpr int kFilterRows = K == 3 ? 3 : 1;

// What all tiles of one output row share, for one register of channels.
struct WeightRow {
  const DepthwiseShape& s;
  const float* input;  // row of the first of the sums' filter rows, column 0
  const float* grad_output;
  Mask mask;
  Range inside;  // those of the sums' filter rows that fall on the input
  bool ahead;    // whether the next output row follows; the input rows that it adds lie below the last filter row
};

// Adds outputs [ow, ow + T) to the sums of H filter rows.
template <int K, int S, int H, int T>
STRIDED_INLINE void weight_tile(const WeightRow& r, int64_t ow, Vec (&acc)[H][K]) {
  const DepthwiseShape& s = r.s;
  const int64_t left = ow * S - s.pw;
  Vec grad[T];
#pragma GCC unroll 8
  for (int t = 0; t < T; t++) grad[t] = load(r.grad_output + (ow + t) * s.c, r.mask);
  if (r.ahead) {
    const float* below = r.input + (H * s.iw + left) * s.c;
    const float* next = r.grad_output + (s.ow + ow) * s.c;
#pragma GCC unroll 16
    for (int j = 0; j < T * S; j++) {
      __builtin_prefetch(below + j * s.c);
      if (S == 2) __builtin_prefetch(below + (s.iw + j) * s.c);
    }
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) __builtin_prefetch(next + t * s.c);
  }
#pragma GCC unroll 3
  for (int h = 0; h < H; h++) {
    if (h < r.inside.begin || h >= r.inside.end) continue;
    const float* x = r.input + (h * s.dh * s.iw + left) * s.c;
#pragma GCC unroll 21
    for (int j = 0; j < (T - 1) * S + K; j++) {
      if (!inside(left + j, s.iw)) continue;
      const Vec column = load(x + j * s.c, r.mask);
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) {
        if (j >= w && (j - w) % S == 0 && (j - w) / S < T) acc[h][w] = fma(column, grad[(j - w) / S], acc[h][w]);
      }
    }
  }
}

// The last, narrower tile of a row.
template <int K, int S, int H, int T>
STRIDED_INLINE void weight_tile_of(const WeightRow& r, int64_t ow, int64_t count, Vec (&acc)[H][K]) {
  if constexpr (T > 1) {
    if (count < T) return weight_tile_of<K, S, H, T - 1>(r, ow, count, acc);
  }
  weight_tile<K, S, H, T>(r, ow, acc);
}

template <int K, int S, int H>
STRIDED_INLINE void weight_row(const WeightRow& r, Vec (&acc)[H][K]) {
  int64_t ow = 0;
  for (; ow + kTile <= r.s.ow; ow += kTile) weight_tile<K, S, H, kTile>(r, ow, acc);
  if (ow < r.s.ow) weight_tile_of<K, S, H, kTile - 1>(r, ow, r.s.ow - ow, acc);
}

// Adds output rows to filter rows [h, h + H) of grad_weight, whose sums stay in registers; `end` is that of the rows
// that follow. All pointers stand at the first of the register's channels.
template <int K, int S, int H>
void weight_rows(const DepthwiseShape& s, Range rows, int64_t end, int64_t h, Mask mask, const float* input,
                 const float* grad_output, float* grad_weight) {
  Vec acc[H][K];
#pragma GCC unroll 3
  for (int i = 0; i < H; i++) {
#pragma GCC unroll 7
    for (int w = 0; w < K; w++) acc[i][w] = load(grad_weight + ((h + i) * K + w) * s.c, mask);
  }
  for (int64_t oh = rows.begin; oh < rows.end; oh++) {
    const int64_t top = oh * s.sh - s.ph + h * s.dh;
    const Range inside = taps_inside(top, s.dh, H, s.ih);
    if (inside.begin >= inside.end) continue;
    const WeightRow row{s,
                        input + top * s.iw * s.c,
                        grad_output + oh * s.ow * s.c,
                        mask,
                        inside,
                        oh + 1 < end && h + H == s.kh && top + H * s.dh < s.ih};
    weight_row<K, S, H>(row, acc);
  }
#pragma GCC unroll 3
  for (int i = 0; i < H; i++) {
#pragma GCC unroll 7
    for (int w = 0; w < K; w++) store(grad_weight + ((h + i) * K + w) * s.c, acc[i][w], mask);
  }
}

}  // namespace
}  // namespace strided
