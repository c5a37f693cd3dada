// The input's gradient of 3x3 kernels of stride 2, down strips of T output columns and the 2 T input columns under
// them: the nine weights and the last two rows of the output's gradient stay in registers, every line of which is read
// once.
#pragma once

#include "depthwise_tiles.h"

namespace strided {
namespace {

// Output columns of a strip: nine weights, two rows of gradients, one more than T each, and the sums of an input row.
constexpr int kInputStrip = 4;
// Floats of an input image that stay in L2 while its strips are written. Larger ones go to memory before their lines'
// neighbours come, which bands of whole rows write together: measured 1.3 times faster at 64 KB, slower at 256.
constexpr int64_t kStripImage = 16 << 10;

// Input rows [begin, end) of an image, and a strip of its columns; pointers stand at the first channel.
struct InputStrip {
  const DepthwiseShape& s;
  int64_t begin, end;
  int64_t first;             // output column whose tap 0 reads the strip's first input column
  const float* grad_output;  // row 0, column `first`
  const float* weight;
  float* grad_input;              // row 0, the strip's first column, which may be padding
  int64_t next_grad, next_input;  // floats to the strip that follows
};

// Adds a row of gradients, the first of which is of the column before the strip, by one filter row.
template <int T, typename Lanes>
STRIDED_INLINE void add_gradients(const InputStrip& b, const Vec (&grad)[T + 1], const Vec (&tap)[3],
                                  Vec (&acc)[2 * T]) {
#pragma GCC unroll 5
  for (int m = -1; m < T; m++) {
    if (!inside(b.first + m, b.s.ow)) continue;
#pragma GCC unroll 3
    for (int w = 0; w < 3; w++) {
      if (2 * m + w >= 0 && 2 * m + w < 2 * T) acc[2 * m + w] = fma(grad[m + 1], tap[w], acc[2 * m + w]);
    }
  }
}

template <int T, typename Lanes>
STRIDED_INLINE void load_gradients(const InputStrip& b, int64_t row, Lanes lanes, int64_t c, int64_t ahead,
                                   Vec (&grad)[T + 1]) {
  const float* from = b.grad_output + row * b.s.ow * b.s.c + c;
#pragma GCC unroll 5
  for (int m = -1; m < T; m++) {
    grad[m + 1] = zero();
    if (!inside(b.first + m, b.s.ow)) continue;
    grad[m + 1] = lanes.load(from + m * b.s.c);
    __builtin_prefetch(from + m * b.s.c + ahead, 0, 2);
  }
}

template <int T, typename Lanes>
STRIDED_INLINE void store_inputs(const InputStrip& b, int64_t row, Lanes lanes, int64_t c, int64_t ahead,
                                 const Vec (&acc)[2 * T]) {
  float* to = b.grad_input + row * b.s.iw * b.s.c + c;
#pragma GCC unroll 8
  for (int t = 0; t < 2 * T; t++) {
    if (!inside(2 * b.first - b.s.pw + t, b.s.iw)) continue;
    lanes.store(to + t * b.s.c, acc[t]);
    __builtin_prefetch(to + t * b.s.c + ahead, 1);
  }
}

// All rows of the strip for one register of channels from c on. Output row o is a neighbour of input row 2 o - PH and
// of the two that follow.
template <int T, typename Lanes>
STRIDED_INLINE void input_strip_register(const InputStrip& b, Lanes lanes, int64_t c, int64_t ahead_grad,
                                         int64_t ahead_input) {
  const DepthwiseShape& s = b.s;
  Vec tap[3][3];
#pragma GCC unroll 3
  for (int h = 0; h < 3; h++) {
#pragma GCC unroll 3
    for (int w = 0; w < 3; w++) tap[h][w] = lanes.load(b.weight + (h * 3 + w) * s.c + c);
  }
  Vec before[T + 1], grad[T + 1];
  const int64_t top = (b.begin + s.ph) / 2;
  if (inside(top - 1, s.oh)) load_gradients<T>(b, top - 1, lanes, c, ahead_grad, before);
  for (int64_t o = top; 2 * o - s.ph < b.end; o++) {
    const int64_t row = 2 * o - s.ph;
    if (inside(o, s.oh)) load_gradients<T>(b, o, lanes, c, ahead_grad, grad);
    if (row >= b.begin) {
      Vec acc[2 * T];
#pragma GCC unroll 8
      for (int t = 0; t < 2 * T; t++) acc[t] = zero();
      if (inside(o - 1, s.oh)) add_gradients<T, Lanes>(b, before, tap[2], acc);
      if (inside(o, s.oh)) add_gradients<T, Lanes>(b, grad, tap[0], acc);
      store_inputs<T>(b, row, lanes, c, ahead_input, acc);
    }
    if (row + 1 < b.end) {
      Vec acc[2 * T];
#pragma GCC unroll 8
      for (int t = 0; t < 2 * T; t++) acc[t] = zero();
      if (inside(o, s.oh)) add_gradients<T, Lanes>(b, grad, tap[1], acc);
      store_inputs<T>(b, row + 1, lanes, c, ahead_input, acc);
    }
#pragma GCC unroll 5
    for (int m = 0; m <= T; m++) before[m] = grad[m];
  }
}

// The strip of `count` output columns: one instance for each width.
template <int T>
void input_strip_of(const InputStrip& b, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return input_strip_of<T - 1>(b, count);
  }
  const int64_t channels = b.s.c;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const bool last = c + kLanes >= channels;
    const int64_t ahead_grad = last ? b.next_grad - c : kLanes;
    const int64_t ahead_input = last ? b.next_input - c : kLanes;
    if (c + kLanes <= channels) {
      input_strip_register<T>(b, WholeLanes{}, c, ahead_grad, ahead_input);
    } else {
      input_strip_register<T>(b, FirstLanes{first_lanes(channels - c), channels - c}, c, ahead_grad, ahead_input);
    }
  }
}

// Input rows [begin, end) of the image that grad_output and grad_input stand at: strips as equal as possible over the
// pairs of columns, the first of which holds column 0 or -1.
void input_strips(const DepthwiseShape& s, int64_t begin, int64_t end, const float* grad_output, const float* weight,
                  float* grad_input) {
  const int64_t first = s.pw / 2;
  const int64_t pairs = (s.iw + s.pw - 2 * first + 1) / 2;
  const int64_t count = (pairs + kInputStrip - 1) / kInputStrip;
  for (int64_t i = 0; i < count; i++) {
    const int64_t column = first + i * pairs / count;
    const int64_t width = first + (i + 1) * pairs / count - column;
    const bool last = i + 1 == count;
    const InputStrip strip{s,
                           begin,
                           end,
                           column,
                           grad_output + column * s.c,
                           weight,
                           grad_input + (2 * column - s.pw) * s.c,
                           (last ? s.oh * s.ow - column : width) * s.c,
                           (last ? s.ih * s.iw - 2 * column : 2 * width) * s.c};
    input_strip_of<kInputStrip>(strip, width);
  }
}

}  // namespace
}  // namespace strided
