// Depthwise tiles for kernels K columns wide without column dilation: loops over taps and pixels are unrolled, so that
// each column of the source is loaded once for all the outputs that it feeds, in the R output rows of a band too.
#pragma once

#include "../simd/lanes.h"
#include "../simd/windows.h"
#include "depthwise_conv2d.h"

namespace strided {
namespace {

// Columns of one tile: independent sums that hide a multiply-add's latency, beside K weights in registers.
constexpr int kTile = kRegisters == 32 ? 8 : 6;
// Output rows of a band. Two rows of a kernel of 3 rows read 4 rows of the source and not 6; their sums and weights fit
// in 32 registers, with a kernel of 5 too. Four rows of four columns are a whole small image.
template <int K>
constexpr int kBand = kRegisters == 32 && K <= 5 ? 2 : 1;
constexpr int kSmallBand = 4;
constexpr int kSmallTile = 4;

// Rows of the band that begins where `left` rows are left. Bands of several share source rows: the kernel and the
// stride must be the same both ways.
template <int K, int S>
STRIDED_INLINE int band_rows(const DepthwiseShape& s, int64_t left) {
  if (kBand<K> == 1 || s.kh != K || s.sh != S || s.dh != 1) return 1;
  if (K == 3 && s.ow <= kSmallTile && left >= kSmallBand) return kSmallBand;
  return left >= 2 ? 2 : 1;
}

STRIDED_INLINE bool inside(int64_t column, int64_t width) {
  return static_cast<uint64_t>(column) < static_cast<uint64_t>(width);
}

STRIDED_INLINE Mask lanes_from(int64_t c, int64_t channels) {
  return first_lanes(channels - c < kLanes ? channels - c : kLanes);
}

// Calls body.run<K, S>() where there are tiles for the kernel's width and stride, and body.any() elsewhere.
template <typename Body>
STRIDED_INLINE void for_kernel(const DepthwiseShape& s, Body body) {
  if (s.dw != 1 || s.sw > 2) return body.any();
  const int64_t which = s.kw * 10 + s.sw;
  if (which == 31) return body.template run<3, 1>();
  if (which == 32) return body.template run<3, 2>();
  if (which == 51) return body.template run<5, 1>();
  if (which == 52) return body.template run<5, 2>();
  if (which == 71) return body.template run<7, 1>();
  body.any();
}

// The first of the source rows that follow those of R output rows from `top` on; the next image's, at the end of one.
template <int K, int S>
STRIDED_INLINE int64_t next_row(const DepthwiseShape& s, int64_t top, int rows) {
  const int64_t next = top + (rows - 1) * S + (s.kh - 1) * s.dh + 1;
  return next < s.ih ? next : s.ih;
}

// What all tiles of a band of output rows share.
struct ForwardBand {
  const DepthwiseShape& s;
  int64_t top;         // source row under tap 0 of the first output row
  const float* input;  // that row, column 0
  const float* weight;
  const float* bias;
  Range kh;           // filter rows inside, for a band of one row
  float* output;      // the first row
  const float* next;  // the first source row that the next band adds
  bool ahead;         // whether there is one
};

// Fetches what the next band of R rows adds, under outputs [ow, ow + T): pixels lie too far apart for the processor to
// see it coming. `write` says what for.
template <int S, int R, int T, int write>
STRIDED_INLINE void fetch_band(const DepthwiseShape& s, const float* input, const float* output) {
#pragma GCC unroll 8
  for (int r = 0; r < R * S; r++) {
#pragma GCC unroll 16
    for (int j = 0; j < T * S; j++) __builtin_prefetch(input + (r * s.iw + j) * s.c);
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) __builtin_prefetch(output + (r * s.ow + t) * s.c, write);
  }
}

// Adds source row I of those under the band; `weight` stands at filter row 0.
template <int K, int S, int R, int T, int I, typename Lanes>
STRIDED_INLINE void add_source_row(const DepthwiseShape& s, int64_t left, const float* x, const float* weight,
                                   Lanes lanes, Vec (&acc)[R][T]) {
  Vec tap[R][K];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++) {
    if (I < r * S || I - r * S >= K) continue;
#pragma GCC unroll 7
    for (int w = 0; w < K; w++) tap[r][w] = lanes.load(weight + ((I - r * S) * K + w) * s.c);
  }
#pragma GCC unroll 21
  for (int j = 0; j < (T - 1) * S + K; j++) {
    if (!inside(left + j, s.iw)) continue;
    const Vec column = lanes.load(x + j * s.c);
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
      if (I < r * S || I - r * S >= K) continue;
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) {
        if (j - t * S >= 0 && j - t * S < K) acc[r][t] = fma(column, tap[r][j - t * S], acc[r][t]);
      }
    }
  }
}

// Source rows I and following.
template <int K, int S, int R, int T, int I, typename Lanes>
STRIDED_INLINE void add_source_rows(const ForwardBand& b, int64_t left, const float* x, const float* weight,
                                    Lanes lanes, Vec (&acc)[R][T]) {
  if constexpr (I < (R - 1) * S + K) {
    if (inside(b.top + I, b.s.ih)) {
      add_source_row<K, S, R, T, I>(b.s, left, x + I * b.s.iw * b.s.c, weight, lanes, acc);
    }
    add_source_rows<K, S, R, T, I + 1>(b, left, x, weight, lanes, acc);
  }
}

// Outputs [ow, ow + T) of the band's rows, one register of channels from c on.
template <int K, int S, int R, int T, typename Lanes>
STRIDED_INLINE void forward_register(const ForwardBand& b, int64_t ow, Lanes lanes, int64_t c) {
  const DepthwiseShape& s = b.s;
  const int64_t left = ow * S - s.pw;
  const Vec start = b.bias == nullptr ? zero() : lanes.load(b.bias + c);
  Vec acc[R][T];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) acc[r][t] = start;
  }
  const float* x = b.input + left * s.c + c;
  if constexpr (R == 1) {
    for (int64_t h = b.kh.begin; h < b.kh.end; h++) {
      add_source_row<K, S, R, T, 0>(s, left, x + h * s.dh * s.iw * s.c, b.weight + h * K * s.c + c, lanes, acc);
    }
  } else {
    add_source_rows<K, S, R, T, 0>(b, left, x, b.weight + c, lanes, acc);
  }
  float* to = b.output + ow * s.c + c;
#pragma GCC unroll 4
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) lanes.store(to + (r * s.ow + t) * s.c, s.relu ? max(zero(), acc[r][t]) : acc[r][t]);
  }
  if (b.ahead) fetch_band<S, R, T, 1>(s, b.next + left * s.c + c, to + R * s.ow * s.c);
}

template <int K, int S, int R, int T>
void forward_tile(const ForwardBand& b, int64_t ow) {
  const int64_t whole = b.s.c / kLanes * kLanes;
  for (int64_t c = 0; c < whole; c += kLanes) forward_register<K, S, R, T>(b, ow, WholeLanes{}, c);
  if (whole < b.s.c) {
    const int64_t lanes = b.s.c - whole;
    forward_register<K, S, R, T>(b, ow, FirstLanes{first_lanes(lanes), lanes}, whole);
  }
}

// The tile of `count` outputs: one instance for each width.
template <int K, int S, int R, int T>
STRIDED_INLINE void forward_tile_of(const ForwardBand& b, int64_t ow, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return forward_tile_of<K, S, R, T - 1>(b, ow, count);
  }
  forward_tile<K, S, R, T>(b, ow);
}

// Tiles as equal as possible: 7 + 7 rather than 8 + 6.
template <int K, int S, int R, int T>
void forward_band(const ForwardBand& b) {
  const int64_t tiles = (b.s.ow + T - 1) / T;
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t begin = i * b.s.ow / tiles;
    forward_tile_of<K, S, R, T>(b, begin, (i + 1) * b.s.ow / tiles - begin);
  }
}

}  // namespace
}  // namespace strided
