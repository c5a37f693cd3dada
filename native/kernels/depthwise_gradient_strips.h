// Sums of the depthwise weight gradient of 3x3 kernels: nine sums stay in registers while a strip of T output
// columns is walked from row to row. A source row is read once and meets the gradients of the output rows above it,
// which stay in registers too: every line of memory is read once, where pixels that lie a power of two apart would not
// stay in L1 until they are read again.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// Columns of a strip: nine sums, three rows of gradients and a pixel fit in 32 registers. With 16 of them gradients are
// operands in memory, in L1.
constexpr int kStrip = kRegisters == 32 ? 7 : 6;
// Images of up to so many positions share a load and a store of the sums, so many of them.
constexpr int64_t kSmallImage = 16;
constexpr int64_t kJoined = 4;
// Output rows [begin, end) of one or more images, and a strip of their columns; pointers stand at the first channel.
struct Strip {
  const DepthwiseShape& s;
  int64_t begin, end;
  int64_t images;
  int64_t left;                   // source column under tap 0 of the first output
  const float* input;             // row 0, column `left`
  const float* grad_output;       // row 0, first column
  int64_t next_input, next_grad;  // floats to the strip that follows
};

// Floats from a register of channels to the one that is read after it, which is fetched to L2 meanwhile.
struct Ahead {
  int64_t input, grad;
};

// Adds a source row, to which output row o - m is a neighbour at filter row P + S*m, for the rows of [begin, end) among
// them. With `all` they all are.
template <int S, int T, int P, bool all, typename Lanes>
STRIDED_INLINE void add_strip_row(const Strip& b, int64_t o, const float* x, int64_t ahead, Lanes lanes,
                                  const Vec (&grad)[3][T], Vec (&acc)[3][3]) {
#pragma GCC unroll 17
  for (int j = 0; j < (T - 1) * S + 3; j++) {
    if (!inside(b.left + j, b.s.iw)) continue;
    __builtin_prefetch(x + j * b.s.c + ahead, 0, 2);
    const Vec column = lanes.load(x + j * b.s.c);
#pragma GCC unroll 3
    for (int m = 0; P + S * m < 3; m++) {
      if (!all && (o - m < b.begin || o - m >= b.end)) continue;
#pragma GCC unroll 3
      for (int w = 0; w < 3; w++) {
        if (j < w || (j - w) % S != 0 || (j - w) / S >= T) continue;
        acc[P + S * m][w] = fma(column, grad[m][(j - w) / S], acc[P + S * m][w]);
      }
    }
  }
}

// The source rows that lie under output row o for the first time.
template <int S, int T, bool all, typename Lanes>
STRIDED_INLINE void add_strip_rows(const Strip& b, int64_t o, const float* x, int64_t ahead, Lanes lanes,
                                   const Vec (&grad)[3][T], Vec (&acc)[3][3]) {
  const DepthwiseShape& s = b.s;
  const int64_t y = o * S - s.ph;
  if (all || inside(y, s.ih)) add_strip_row<S, T, 0, all>(b, o, x + y * s.iw * s.c, ahead, lanes, grad, acc);
  if constexpr (S == 2) {
    if (all || inside(y + 1, s.ih)) {
      add_strip_row<S, T, 1, all>(b, o, x + (y + 1) * s.iw * s.c, ahead, lanes, grad, acc);
    }
  }
}

// All rows of the strip for one register of channels from c on.
template <int S, int T, typename Lanes>
STRIDED_INLINE void strip_register(const Strip& b, Lanes lanes, int64_t c, Ahead ahead, float* grad_weight) {
  constexpr int kReach = (3 - 1) / S;  // output rows beyond its own that a source row meets
  const DepthwiseShape& s = b.s;
  Vec acc[3][3];
#pragma GCC unroll 3
  for (int h = 0; h < 3; h++) {
#pragma GCC unroll 3
    for (int w = 0; w < 3; w++) acc[h][w] = lanes.load(grad_weight + (h * 3 + w) * s.c + c);
  }
  const float* x = b.input + c;
  const float* g = b.grad_output + c;
  for (int64_t n = 0; n < b.images; n++) {
    Vec grad[3][T];
#pragma GCC unroll 3
    for (int m = 0; m < 3; m++) {
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) grad[m][t] = zero();
    }
    for (int64_t o = b.begin; o < b.end + kReach; o++) {
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) {
        grad[2][t] = grad[1][t];
        grad[1][t] = grad[0][t];
        if (o >= b.end) continue;
        const float* from = g + (o * s.ow + t) * s.c;
        __builtin_prefetch(from + ahead.grad, 0, 2);
        grad[0][t] = lanes.load(from);
      }
      const int64_t y = o * S - s.ph;
      if (o - kReach >= b.begin && o < b.end && y >= 0 && y + S <= s.ih) {
        add_strip_rows<S, T, true>(b, o, x, ahead.input, lanes, grad, acc);
      } else {
        add_strip_rows<S, T, false>(b, o, x, ahead.input, lanes, grad, acc);
      }
    }
    x += s.ih * s.iw * s.c;
    g += s.oh * s.ow * s.c;
  }
#pragma GCC unroll 3
  for (int h = 0; h < 3; h++) {
#pragma GCC unroll 3
    for (int w = 0; w < 3; w++) lanes.store(grad_weight + (h * 3 + w) * s.c + c, acc[h][w]);
  }
}

// Output rows of one or more images, channels [begin, end) of a strip of `count` columns.
template <int S, int T>
void strip_of(const Strip& b, int64_t count, int64_t begin, int64_t end, float* grad_weight) {
  if constexpr (T > 1) {
    if (count < T) return strip_of<S, T - 1>(b, count, begin, end, grad_weight);
  }
  for (int64_t c = begin; c < end; c += kLanes) {
    const bool last = c + kLanes >= end;
    const Ahead ahead{last ? b.next_input + begin - c : kLanes, last ? b.next_grad + begin - c : kLanes};
    if (c + kLanes <= end) {
      strip_register<S, T>(b, WholeLanes{}, c, ahead, grad_weight);
    } else {
      strip_register<S, T>(b, FirstLanes{first_lanes(end - c), end - c}, c, ahead, grad_weight);
    }
  }
}

// Output rows [begin, end) of `images` images, the first of which `input` and `grad_output` stand at.
template <int S>
void strips(const DepthwiseShape& s, int64_t begin, int64_t end, int64_t images, int64_t first_channel,
            int64_t last_channel, const float* input, const float* grad_output, float* grad_weight) {
  const int64_t count = (s.ow + kStrip - 1) / kStrip;
  for (int64_t i = 0; i < count; i++) {
    const int64_t ow = i * s.ow / count;
    const int64_t width = (i + 1) * s.ow / count - ow;
    const int64_t left = ow * S - s.pw;
    const bool last = i + 1 == count;
    const Strip strip{s,
                      begin,
                      end,
                      images,
                      left,
                      input + left * s.c,
                      grad_output + ow * s.c,
                      (last ? images * s.ih * s.iw - ow * S : width * S) * s.c,
                      (last ? images * s.oh * s.ow - ow : width) * s.c};
    strip_of<S, kStrip>(strip, width, first_channel, last_channel, grad_weight);
  }
}

}  // namespace
}  // namespace strided
