// The backward passes of poolings: what each window gives to the input pixels under its taps.
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

// How a gradient reaches a pixel: added to what is there, or as the first and only one, past the caches or not.
enum class Give { add, store, stream };

// One window's taps on one row of the input: kTaps of them, or with 0 as many as it has. `out` is where the window's
// gradient lies.
template <Give kGive, int kTaps, typename Gradient>
STRIDED_INLINE void scatter_window(const PoolShape& s, const PoolSlice& slice, const Window& w, int64_t out,
                                   const Gradient& gradient, const float* grad_output, float* row) {
  const int64_t begin = kTaps > 0 ? 0 : w.begin, end = kTaps > 0 ? kTaps : w.end;
  for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    constexpr int kVectors = decltype(registers)::value;
    Vec grad[kVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kVectors; u++) grad[u] = gradient.load(grad_output + out + c + u * kLanes, lanes);
    for (int64_t t = begin; t < end; t++) {
      float* pixel = row + (w.start + t * s.w.step) * s.c + c;
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) {
        const Vec given = gradient.at(grad[u], out + c + u * kLanes, t, lanes);
        float* to = pixel + u * kLanes;
        if constexpr (kGive == Give::add) {
          lanes.store(to, add(lanes.load(to), given));
        } else if constexpr (kGive == Give::stream) {
          stream(to, given);
        } else {
          lanes.store(to, given);
        }
      }
    }
  });
}

// The windows from `begin` to `end` of a row; with kTaps all of them are whole, so that one follows from the other.
template <Give kGive, int kTaps, typename Gradient>
STRIDED_INLINE void scatter_windows(const PoolShape& s, const PoolSlice& slice, int64_t begin, int64_t end,
                                    int64_t first_window, Gradient& gradient, const float* grad_output, float* row) {
  Window whole = s.w.windows[kTaps > 0 ? begin : 0];
  for (int64_t ow = begin; ow < end; ow++) {
    const Window& w = kTaps > 0 ? whole : s.w.windows[ow];
    gradient.start_window(w);
    scatter_window<kGive, kTaps>(s, slice, w, (first_window + ow) * s.c, gradient, grad_output, row);
    whole.start += static_cast<int32_t>(s.w.stride);
  }
}

template <Give kGive, typename Gradient>
STRIDED_INLINE void scatter_row(const PoolShape& s, const PoolSlice& slice, int64_t first_window, Gradient& gradient,
                                const float* grad_output, float* row) {
  const bool known = s.w.whole_begin < s.w.whole_end && (s.w.taps == 2 || s.w.taps == 3);
  const int64_t begin = known ? s.w.whole_begin : s.w.out, end = known ? s.w.whole_end : s.w.out;
  scatter_windows<kGive, 0>(s, slice, 0, begin, first_window, gradient, grad_output, row);
  if (known && s.w.taps == 2) {
    scatter_windows<kGive, 2>(s, slice, begin, end, first_window, gradient, grad_output, row);
  } else if (known) {
    scatter_windows<kGive, 3>(s, slice, begin, end, first_window, gradient, grad_output, row);
  }
  scatter_windows<kGive, 0>(s, slice, end, s.w.out, first_window, gradient, grad_output, row);
}

STRIDED_INLINE void fill_zero(const PoolShape& s, const PoolSlice& slice, float* row) {
  // With all channels a row is one stretch of memory.
  const bool all = slice.c_end - slice.c_begin == s.c;
  const int64_t stretches = all ? 1 : s.w.in, length = all ? s.w.in * s.c : slice.c_end - slice.c_begin;
  for (int64_t i = 0; i < stretches; i++) {
    float* begin = row + i * s.c + slice.c_begin;
    for (int64_t j = 0; j < length; j++) begin[j] = 0;
  }
}

// Fills the rows of a slice from the windows over them, which come in a fixed order; no other slice writes there.
template <typename Gradient>
STRIDED_INLINE void scatter_rows(const PoolShape& s, const PoolSlice& slice, Gradient gradient,
                                 const float* grad_output, float* grad_input) {
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const int64_t n = row / (s.h.in * s.d.in), id = row / s.h.in % s.d.in, ih = row % s.h.in;
    const Span od = s.d.spans[id], oh = s.h.spans[ih];
    float* to = grad_input + row * s.w.in * s.c;
    // Where a single row of windows covers every pixel once there is nothing to add to.
    const bool alone = s.w.tiled && (od.end - od.begin) * (oh.end - oh.begin) == 1;
    if (!alone) fill_zero(s, slice, to);
    for (int64_t d = od.begin; d < od.end; d++) {
      for (int64_t h = oh.begin; h < oh.end; h++) {
        const int64_t kd = tap_at(s.d, d, id), kh = tap_at(s.h, h, ih);
        // A dilated window may pass over the row without a tap on it.
        if ((kd | kh) < 0) continue;
        const int64_t first_window = ((n * s.d.out + d) * s.h.out + h) * s.w.out;
        gradient.start_row(Meeting{id, ih, d, h, kd, kh});
        if (!alone) {
          scatter_row<Give::add>(s, slice, first_window, gradient, grad_output, to);
        } else if (slice.streamed) {
          scatter_row<Give::stream>(s, slice, first_window, gradient, grad_output, to);
        } else {
          scatter_row<Give::store>(s, slice, first_window, gradient, grad_output, to);
        }
      }
    }
  }
  if (slice.streamed) end_stream();
}

}  // namespace
}  // namespace strided
