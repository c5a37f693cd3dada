// Sums of the depthwise weight gradient of kernels of five and seven columns: R x T gradients stay in registers while
// the filter rows, whose sums are in memory, pass over them. Two output rows meet a source row at neighbouring filter
// rows.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// What all tiles of a band of output rows share.
struct WideBand {
  const DepthwiseShape& s;
  int64_t top;         // source row under tap 0 of the first output row
  const float* input;  // that row, column 0
  const float* grad_output;
  float* grad_weight;
};

// Adds a source row to the sums of one filter row for each of R gradients' rows.
template <int K, int S, int R, int T, typename Lanes>
STRIDED_INLINE void add_wide_row(const DepthwiseShape& s, int64_t left, const float* x, Lanes lanes,
                                 const Vec (&grad)[R][T], Vec (&acc)[R][K]) {
#pragma GCC unroll 21
  for (int j = 0; j < (T - 1) * S + K; j++) {
    if (!inside(left + j, s.iw)) continue;
    const Vec column = lanes.load(x + j * s.c);
#pragma GCC unroll 2
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) {
        if (j < w || (j - w) % S != 0 || (j - w) / S >= T) continue;
        acc[r][w] = fma(column, grad[r][(j - w) / S], acc[r][w]);
      }
    }
  }
}

template <int K, typename Lanes>
STRIDED_INLINE void load_taps(const float* from, int64_t tap, Lanes lanes, Vec (&acc)[K]) {
#pragma GCC unroll 7
  for (int w = 0; w < K; w++) acc[w] = lanes.load(from + w * tap);
}

template <int K, typename Lanes>
STRIDED_INLINE void store_taps(float* to, int64_t tap, Lanes lanes, const Vec (&acc)[K]) {
#pragma GCC unroll 7
  for (int w = 0; w < K; w++) lanes.store(to + w * tap, acc[w]);
}

// Outputs [ow, ow + T) of the band's rows, one register of channels from c on.
template <int K, int S, int R, int T, typename Lanes>
STRIDED_INLINE void wide_register(const WideBand& b, int64_t ow, Lanes lanes, int64_t c) {
  const DepthwiseShape& s = b.s;
  const int64_t left = ow * S - s.pw;
  const float* x = b.input + left * s.c + c;
  const float* g = b.grad_output + ow * s.c + c;
  float* taps = b.grad_weight + c;
  const int64_t row = K * s.c;  // of taps
  Vec grad[R][T];
#pragma GCC unroll 2
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) grad[r][t] = lanes.load(g + (r * s.ow + t) * s.c);
  }
  Vec acc[R][K];
  if constexpr (R == 1) {
    for (int64_t h = 0; h < s.kh; h++) {
      if (!inside(b.top + h * s.dh, s.ih)) continue;
      load_taps(taps + h * row, s.c, lanes, acc[0]);
      add_wide_row<K, S, 1, T>(s, left, x + h * s.dh * s.iw * s.c, lanes, grad, acc);
      store_taps(taps + h * row, s.c, lanes, acc[0]);
    }
  } else {
    // Source row h meets filter row h of the first output row and h - 1 of the second. The sums of filter rows -1 and
    // KH are made and dropped.
    load_taps(taps, s.c, lanes, acc[0]);
    load_taps(taps, s.c, lanes, acc[1]);
    for (int64_t h = 0; h <= s.kh; h++) {
      if (inside(b.top + h, s.ih)) add_wide_row<K, S, R, T>(s, left, x + h * s.iw * s.c, lanes, grad, acc);
      if (h > 0) store_taps(taps + (h - 1) * row, s.c, lanes, acc[1]);
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) acc[1][w] = acc[0][w];
      if (h + 1 < s.kh) load_taps(taps + (h + 1) * row, s.c, lanes, acc[0]);
    }
  }
}

// Channels [begin, end) of a tile of `count` outputs: one instance for each width.
template <int K, int S, int R, int T>
void wide_tile(const WideBand& b, int64_t ow, int64_t count, int64_t begin, int64_t end) {
  if constexpr (T > 1) {
    if (count < T) return wide_tile<K, S, R, T - 1>(b, ow, count, begin, end);
  }
  int64_t c = begin;
  for (; c + kLanes <= end; c += kLanes) wide_register<K, S, R, T>(b, ow, WholeLanes{}, c);
  if (c < end) wide_register<K, S, R, T>(b, ow, FirstLanes{first_lanes(end - c), end - c}, c);
}

// Tiles as equal as possible over a row.
template <int K, int S, int R>
void wide_band(const WideBand& b, int64_t begin, int64_t end) {
  const int64_t tiles = (b.s.ow + kTile - 1) / kTile;
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t ow = i * b.s.ow / tiles;
    wide_tile<K, S, R, kTile>(b, ow, (i + 1) * b.s.ow / tiles - ow, begin, end);
  }
}

}  // namespace
}  // namespace strided
