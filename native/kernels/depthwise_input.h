// Depthwise tiles of the input's gradient for a stride of 2: each column of the output's gradient is loaded once for
// all the inputs that it reaches, in both rows of a band.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// Outputs above the columns of one tile, which has twice as many columns, in two rows.
constexpr int kInputTile = kRegisters == 32 ? 4 : 3;

// Input rows 2a - PH and 2a - PH + 1: output row a - m reaches them by filter rows 2m and 2m + 1.
struct InputBand {
  const DepthwiseShape& s;
  const float* grad_output;  // of the image
  const float* weight;
  int64_t a;
  float* grad_input;  // the first of the two rows
  bool stores[2];     // whether a row is there
  bool ahead;         // whether more rows follow
};

// Adds one row of grad_output to R rows; `weight` stands at the first of their filter rows.
template <int K, int R, int T, typename Lanes>
STRIDED_INLINE void add_grad_row(const DepthwiseShape& s, int64_t first, const float* grad, const float* weight,
                                 Lanes lanes, Vec (&acc)[2][2 * T]) {
  Vec tap[R][K];
#pragma GCC unroll 2
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 7
    for (int w = 0; w < K; w++) tap[r][w] = lanes.load(weight + (r * K + w) * s.c);
  }
#pragma GCC unroll 8
  for (int m = -(K - 1) / 2; m < T; m++) {
    if (!inside(first + m, s.ow)) continue;
    const Vec column = lanes.load(grad + m * s.c);
#pragma GCC unroll 2
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) {
        if (2 * m + w >= 0 && 2 * m + w < 2 * T) acc[r][2 * m + w] = fma(column, tap[r][w], acc[r][2 * m + w]);
      }
    }
  }
}

// Columns [2b - PW, 2b - PW + 2T) of the band: output column b + m reaches the K of them from 2m on.
template <int K, int T, typename Lanes>
STRIDED_INLINE void input_register(const InputBand& i, int64_t b, Lanes lanes, int64_t c) {
  const DepthwiseShape& s = i.s;
  const int64_t left = 2 * b - s.pw;
  Vec acc[2][2 * T];
#pragma GCC unroll 2
  for (int r = 0; r < 2; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < 2 * T; t++) acc[r][t] = zero();
  }
  const int64_t last = i.a < s.oh ? i.a : s.oh - 1;
  for (int64_t o = i.a - (s.kh - 1) / 2 > 0 ? i.a - (s.kh - 1) / 2 : 0; o <= last; o++) {
    const int64_t h = 2 * (i.a - o);
    const float* grad = i.grad_output + (o * s.ow + b) * s.c + c;
    const float* weight = i.weight + h * K * s.c + c;
    if (h + 1 < s.kh) {
      add_grad_row<K, 2, T>(s, b, grad, weight, lanes, acc);
    } else {
      add_grad_row<K, 1, T>(s, b, grad, weight, lanes, acc);
    }
  }
  float* to = i.grad_input + left * s.c + c;
#pragma GCC unroll 2
  for (int r = 0; r < 2; r++) {
    if (!i.stores[r]) continue;
#pragma GCC unroll 8
    for (int t = 0; t < 2 * T; t++) {
      if (inside(left + t, s.iw)) lanes.store(to + (r * s.iw + t) * s.c, acc[r][t]);
    }
  }
  if (!i.ahead) return;
  const float* next = i.grad_output + ((i.a + 1) * s.ow + b) * s.c + c;
#pragma GCC unroll 4
  for (int t = 0; t < T; t++) __builtin_prefetch(next + t * s.c);
#pragma GCC unroll 2
  for (int r = 0; r < 2; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < 2 * T; t++) __builtin_prefetch(to + ((2 + r) * s.iw + t) * s.c, 1);
  }
}

template <int K, int T>
void input_tile(const InputBand& i, int64_t b, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return input_tile<K, T - 1>(i, b, count);
  }
  const int64_t whole = i.s.c / kLanes * kLanes;
  for (int64_t c = 0; c < whole; c += kLanes) input_register<K, T>(i, b, WholeLanes{}, c);
  if (whole < i.s.c) {
    const int64_t lanes = i.s.c - whole;
    input_register<K, T>(i, b, FirstLanes{first_lanes(lanes), lanes}, whole);
  }
}

// Tiles as equal as possible over the pairs of columns, the first of which holds column 0 or -1.
template <int K>
void input_band(const InputBand& i) {
  const int64_t first = i.s.pw / 2;
  const int64_t pairs = (i.s.iw + i.s.pw - 2 * first + 1) / 2;
  const int64_t tiles = (pairs + kInputTile - 1) / kInputTile;
  for (int64_t tile = 0; tile < tiles; tile++) {
    const int64_t begin = tile * pairs / tiles;
    input_tile<K, kInputTile>(i, first + begin, (tile + 1) * pairs / tiles - begin);
  }
}

}  // namespace
}  // namespace strided
