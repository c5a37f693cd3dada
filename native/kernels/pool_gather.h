// The backward passes of poolings whose windows overlap or leave gaps: what each input pixel gets from those over it.
// A pixel is added up in registers and written once, where giving from window to window would read and write it once
// for each (on two Zen 4 cores windows of 3x3, two apart, took twice as long).
#pragma once

#include "../simd/lanes.h"
#include "pool_windows.h"

namespace strided {
namespace {

// A row of the input and a row of windows over it: the tap they meet at, in depth and height.
struct Meeting {
  int64_t id, ih, d, h, kd, kh;
};

// The number of the tap that a window has at position i of an axis; negative when it has none there.
STRIDED_INLINE int64_t tap_at(const PoolAxis& axis, int64_t window, int64_t i) {
  const int64_t distance = i - axis.windows[window].start;
  if (axis.step == 1) return distance;
  return distance % axis.step == 0 ? distance / axis.step : -1;
}

// Rows of windows that are added up together; of more each turn adds to what the last one stored.
constexpr int kTurn = 4;

// The rows of windows of one turn over row `first_pixel` of the input.
struct Turn {
  Meeting rows[kTurn];
  int64_t first_window[kTurn];
  int count;
  bool first, streamed;
};

// kRows is the number of rows of windows, or 0 where it is not known.
template <int kRows, typename Gradient>
STRIDED_INLINE void gather_row(const PoolShape& s, const PoolSlice& slice, const Turn& turn, Gradient gradient,
                               const float* grad_output, float* row) {
  const int rows = kRows > 0 ? kRows : turn.count;
  for (int64_t iw = 0; iw < s.w.in; iw++) {
    const Span span = s.w.spans[iw];
    for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
      constexpr int kVectors = decltype(registers)::value;
      float* pixel = row + iw * s.c + c;
      Vec total[kVectors];
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) total[u] = turn.first ? zero() : lanes.load(pixel + u * kLanes);
      for (int r = 0; r < rows; r++) {
        gradient.start_row(turn.rows[r]);
        for (int64_t ow = span.begin; ow < span.end; ow++) {
          const int64_t t = tap_at(s.w, ow, iw);
          // A dilated window may pass over the pixel without a tap on it.
          if (t < 0) continue;
          gradient.start_window(s.w.windows[ow]);
          const int64_t out = (turn.first_window[r] + ow) * s.c + c;
#pragma GCC unroll 4
          for (int u = 0; u < kVectors; u++) {
            const Vec grad = gradient.load(grad_output + out + u * kLanes, lanes);
            total[u] = add(total[u], gradient.at(grad, out + u * kLanes, t, lanes));
          }
        }
      }
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) {
        if (turn.streamed) {
          stream(pixel + u * kLanes, total[u]);
        } else {
          lanes.store(pixel + u * kLanes, total[u]);
        }
      }
    });
  }
}

// Fills a row of the input, of which `od` and `oh` are the windows in depth and height.
template <typename Gradient>
STRIDED_INLINE void gather_rows(const PoolShape& s, const PoolSlice& slice, int64_t n, int64_t id, int64_t ih, Span od,
                                Span oh, const Gradient& gradient, const float* grad_output, float* row) {
  Turn turn{{}, {}, 0, true, slice.streamed};
  auto take = [&]() STRIDED_LAMBDA_INLINE {
    if (turn.count == 1) {
      gather_row<1>(s, slice, turn, gradient, grad_output, row);
    } else if (turn.count == 2) {
      gather_row<2>(s, slice, turn, gradient, grad_output, row);
    } else {
      gather_row<0>(s, slice, turn, gradient, grad_output, row);
    }
    turn.first = false;
    turn.count = 0;
  };
  for (int64_t d = od.begin; d < od.end; d++) {
    for (int64_t h = oh.begin; h < oh.end; h++) {
      const int64_t kd = tap_at(s.d, d, id), kh = tap_at(s.h, h, ih);
      if ((kd | kh) < 0) continue;
      if (turn.count == kTurn) take();
      turn.rows[turn.count] = {id, ih, d, h, kd, kh};
      turn.first_window[turn.count] = ((n * s.d.out + d) * s.h.out + h) * s.w.out;
      turn.count++;
    }
  }
  if (turn.count > 0 || turn.first) take();
}

}  // namespace
}  // namespace strided
