// Depthwise forward for 3x3 kernels down strips of T output columns: the nine weights and the sums of the output rows
// that a source row is a neighbour of stay in registers, so that a source row is read once, and not once for each band
// of output rows that it lies under. Pixels that lie a power of two apart would not stay in L1 from one to the next.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// Columns of a strip: nine weights, three rows of sums and a pixel fit in 32 registers.
constexpr int kForwardStrip = 7;
// Images of up to so many positions share one load of the weights, so many of them.
constexpr int64_t kSmallOutput = 64;
constexpr int64_t kSharing = 4;

// Small images of stride 1 are better off in bands: a strip of few rows makes many sums that are not there.
template <int K, int S>
STRIDED_INLINE bool takes_strips(const DepthwiseShape& s) {
  return kRegisters == 32 && K == 3 && s.kh == 3 && s.sh == S && s.dh == 1 && (S == 2 || s.ow > kSmallTile);
}

// Output rows [begin, end) of one or more images, and a strip of their columns; pointers stand at the first channel.
struct ForwardStrip {
  const DepthwiseShape& s;
  int64_t begin, end;
  int64_t images;
  int64_t left;        // source column under tap 0 of the first output
  const float* input;  // row 0, column `left`
  const float* weight;
  const float* bias;
  float* output;                    // row 0, first column
  int64_t next_input, next_output;  // floats to the strip that follows
};

// Adds a source row to the sums acc[m] of output row o - m, for which it lies at filter row P + S*m. Sums of rows that
// are not there are made too: to tell them apart costs more.
template <int S, int T, int P, int R, typename Lanes>
STRIDED_INLINE void add_row_below(const ForwardStrip& b, const float* x, int64_t ahead, Lanes lanes,
                                  const Vec (&tap)[3][3], Vec (&acc)[R][T]) {
#pragma GCC unroll 17
  for (int j = 0; j < (T - 1) * S + 3; j++) {
    if (!inside(b.left + j, b.s.iw)) continue;
    const Vec column = lanes.load(x + j * b.s.c);
    __builtin_prefetch(x + j * b.s.c + ahead, 0, 2);
#pragma GCC unroll 3
    for (int m = 0; P + S * m < 3; m++) {
#pragma GCC unroll 3
      for (int w = 0; w < 3; w++) {
        if (j < w || (j - w) % S != 0 || (j - w) / S >= T) continue;
        acc[m][(j - w) / S] = fma(column, tap[P + S * m][w], acc[m][(j - w) / S]);
      }
    }
  }
}

// All rows of the strip for one register of channels from c on.
template <int S, int T, typename Lanes>
STRIDED_INLINE void forward_strip_register(const ForwardStrip& b, Lanes lanes, int64_t c, int64_t ahead_input,
                                           int64_t ahead_output) {
  constexpr int kRows = 2 / S + 1;  // output rows that a source row is a neighbour of
  const DepthwiseShape& s = b.s;
  Vec tap[3][3];
#pragma GCC unroll 3
  for (int h = 0; h < 3; h++) {
#pragma GCC unroll 3
    for (int w = 0; w < 3; w++) tap[h][w] = lanes.load(b.weight + (h * 3 + w) * s.c + c);
  }
  const float* x = b.input + c;
  float* y = b.output + c;
  for (int64_t n = 0; n < b.images; n++) {
    Vec acc[kRows][T];
    for (int64_t o = b.begin; o < b.end + kRows - 1; o++) {
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) {
#pragma GCC unroll 2
        for (int m = kRows - 1; m > 0; m--) acc[m][t] = acc[m - 1][t];
        acc[0][t] = b.bias == nullptr ? zero() : lanes.load(b.bias + c);
      }
      const int64_t row = o * S - s.ph;
      const float* from = x + row * s.iw * s.c;
      if (inside(row, s.ih)) add_row_below<S, T, 0>(b, from, ahead_input, lanes, tap, acc);
      if (o - kRows + 1 >= b.begin) {
        float* to = y + (o - kRows + 1) * s.ow * s.c;
#pragma GCC unroll 8
        for (int t = 0; t < T; t++) {
          lanes.store(to + t * s.c, s.relu ? max(zero(), acc[kRows - 1][t]) : acc[kRows - 1][t]);
          __builtin_prefetch(to + t * s.c + ahead_output, 1);
        }
      }
      if constexpr (S == 2) {
        if (o < b.end && inside(row + 1, s.ih)) {
          add_row_below<S, T, 1>(b, from + s.iw * s.c, ahead_input, lanes, tap, acc);
        }
      }
    }
    x += s.ih * s.iw * s.c;
    y += s.oh * s.ow * s.c;
  }
}

// The strip of `count` columns: one instance for each width.
template <int S, int T>
void forward_strip_of(const ForwardStrip& b, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return forward_strip_of<S, T - 1>(b, count);
  }
  const int64_t channels = b.s.c;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const bool last = c + kLanes >= channels;
    const int64_t ahead_input = last ? b.next_input - c : kLanes;
    const int64_t ahead_output = last ? b.next_output - c : kLanes;
    if (c + kLanes <= channels) {
      forward_strip_register<S, T>(b, WholeLanes{}, c, ahead_input, ahead_output);
    } else {
      const FirstLanes lanes{first_lanes(channels - c), channels - c};
      forward_strip_register<S, T>(b, lanes, c, ahead_input, ahead_output);
    }
  }
}

// Output rows [begin, end) of `images` images, the first of which `input` and `output` stand at.
template <int S>
void forward_strips(const DepthwiseShape& s, int64_t begin, int64_t end, int64_t images, const float* input,
                    const float* weight, const float* bias, float* output) {
  const int64_t count = (s.ow + kForwardStrip - 1) / kForwardStrip;
  for (int64_t i = 0; i < count; i++) {
    const int64_t ow = i * s.ow / count;
    const int64_t width = (i + 1) * s.ow / count - ow;
    const int64_t left = ow * S - s.pw;
    const bool last = i + 1 == count;
    const ForwardStrip strip{s,
                             begin,
                             end,
                             images,
                             left,
                             input + left * s.c,
                             weight,
                             bias,
                             output + ow * s.c,
                             (last ? images * s.ih * s.iw - ow * S : width * S) * s.c,
                             (last ? images * s.oh * s.ow - ow : width) * s.c};
    forward_strip_of<S, kForwardStrip>(strip, width);
  }
}

}  // namespace
}  // namespace strided
