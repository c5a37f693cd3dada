// Depthwise tiles for kernels K columns wide without column dilation: loops over taps and pixels are unrolled, so that
// each column of the source is loaded once for all the outputs that it feeds.
#pragma once

#include "../simd/windows.h"
#include "depthwise_conv2d.h"

namespace strided {
namespace {

// Pixels of one tile: independent sums that hide a multiply-add's latency, beside K weights in registers.
constexpr int kTile = kRegisters == 32 ? 8 : 6;

STRIDED_INLINE Mask lanes_from(int64_t c, int64_t channels) {
  return first_lanes(channels - c < kLanes ? channels - c : kLanes);
}

STRIDED_INLINE bool inside(int64_t column, int64_t width) {
  return static_cast<uint64_t>(column) < static_cast<uint64_t>(width);
}

// What all tiles of an output row share.
struct ForwardRow {
  const DepthwiseShape& s;
  const float* input;  // row `top`, column 0
  const float* weight;
  const float* bias;
  Range kh;
  float* output;       // the row
  const float* ahead;  // the input row below those of this output row; null at the end
};

// Outputs [ow, ow + T) of a row with column stride S.
template <int K, int S, int T>
void forward_tile(const ForwardRow& r, int64_t ow) {
  const DepthwiseShape& s = r.s;
  const int64_t left = ow * S - s.pw;
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc[T];
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) acc[t] = r.bias == nullptr ? zero() : load(r.bias + c, mask);
    for (int64_t h = r.kh.begin; h < r.kh.end; h++) {
      Vec tap[K];
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) tap[w] = load(r.weight + (h * K + w) * s.c + c, mask);
      const float* x = r.input + (h * s.dh * s.iw + left) * s.c + c;
#pragma GCC unroll 21
      for (int j = 0; j < (T - 1) * S + K; j++) {
        if (!inside(left + j, s.iw)) continue;
        const Vec column = load(x + j * s.c, mask);
#pragma GCC unroll 8
        for (int t = 0; t < T; t++) {
          if (j - t * S >= 0 && j - t * S < K) acc[t] = fma(column, tap[j - t * S], acc[t]);
        }
      }
    }
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) {
      store(r.output + (ow + t) * s.c + c, s.relu ? max(zero(), acc[t]) : acc[t], mask);
    }
    if (r.ahead != nullptr) {
      const float* next = r.ahead + left * s.c + c;
#pragma GCC unroll 16
      for (int j = 0; j < T * S; j++) {
        __builtin_prefetch(next + j * s.c);
        if (S == 2) __builtin_prefetch(next + (s.iw + j) * s.c);
      }
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) __builtin_prefetch(r.output + (s.ow + ow + t) * s.c + c, 1);
    }
  }
}

// The gradient's row under input row `ih`, for column stride 2.
struct InputRow {
  const DepthwiseShape& s;
  const float* grad_output;  // the image
  const float* weight;
  int64_t ih;
  Range oh;
  float* grad_input;  // the row
  bool ahead;         // whether the next row follows
};

// Input columns [2b - PW, 2b - PW + 2T): output column b + m feeds the K of them from 2m on.
template <int K, int T>
void input_tile(const InputRow& r, int64_t b) {
  const DepthwiseShape& s = r.s;
  const int64_t left = 2 * b - s.pw;
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc[2 * T];
#pragma GCC unroll 8
    for (int t = 0; t < 2 * T; t++) acc[t] = zero();
    for (int64_t o = r.oh.begin; o < r.oh.end; o++) {
      const int64_t reach = r.ih + s.ph - o * s.sh;
      if (s.dh != 1 && reach % s.dh != 0) continue;
      Vec tap[K];
#pragma GCC unroll 7
      for (int w = 0; w < K; w++) tap[w] = load(r.weight + (reach / s.dh * K + w) * s.c + c, mask);
      const float* g = r.grad_output + (o * s.ow + b) * s.c + c;
#pragma GCC unroll 8
      for (int m = -(K - 1) / 2; m < T; m++) {
        if (!inside(b + m, s.ow)) continue;
        const Vec column = load(g + m * s.c, mask);
#pragma GCC unroll 7
        for (int w = 0; w < K; w++) {
          if (2 * m + w >= 0 && 2 * m + w < 2 * T) acc[2 * m + w] = fma(column, tap[w], acc[2 * m + w]);
        }
      }
    }
#pragma GCC unroll 8
    for (int t = 0; t < 2 * T; t++) {
      if (inside(left + t, s.iw)) store(r.grad_input + (left + t) * s.c + c, acc[t], mask);
    }
    if (r.ahead) {
      const float* next = r.grad_input + (s.iw + left) * s.c + c;
#pragma GCC unroll 8
      for (int t = 0; t < 2 * T; t++) __builtin_prefetch(next + t * s.c, 1);
    }
  }
}

}  // namespace
}  // namespace strided
