// The backward passes of poolings: what each window gives to the input pixels under its taps.
#pragma once

#include "../simd/lanes.h"
#include "pool_gather.h"
#include "pool_windows.h"

namespace strided {
namespace {

// One window's taps on one row of the input, whose pixels get a gradient from nowhere else: kTaps of them, or with 0
// those from `begin` to `end`. `first` is where its tap 0 would lie, `out` where the window's gradient does.
template <bool kStream, int kTaps, typename Gradient>
STRIDED_INLINE void scatter_window(const PoolShape& s, const PoolSlice& slice, int64_t begin, int64_t end, int64_t out,
                                   const Gradient& gradient, const float* grad_output, float* first) {
  if (kTaps > 0) begin = 0, end = kTaps;
  const int64_t step = s.w.step * s.c;
  for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    constexpr int kVectors = decltype(registers)::value;
    Vec grad[kVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kVectors; u++) grad[u] = gradient.load(grad_output + out + c + u * kLanes, lanes);
#pragma GCC unroll 3
    for (int64_t t = begin; t < end; t++) {
      float* pixel = first + t * step + c;
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) {
        const Vec given = gradient.at(grad[u], out + c + u * kLanes, t, lanes);
        if constexpr (kStream) {
          stream(pixel + u * kLanes, given);
        } else {
          lanes.store(pixel + u * kLanes, given);
        }
      }
    }
  });
}

// The windows from `begin` to `end` of a row.
template <bool kStream, typename Gradient>
STRIDED_INLINE void scatter_some(const PoolShape& s, const PoolSlice& slice, int64_t begin, int64_t end,
                                 int64_t first_window, Gradient& gradient, const float* grad_output, float* row) {
  for (int64_t ow = begin; ow < end; ow++) {
    const Window& w = s.w.windows[ow];
    gradient.start_window(w);
    scatter_window<kStream, 0>(s, slice, w.begin, w.end, (first_window + ow) * s.c, gradient, grad_output,
                               row + w.start * s.c);
  }
}

// The whole windows of a row, kTaps wide, so that one follows from the other.
template <bool kStream, int kTaps, typename Gradient>
STRIDED_INLINE void scatter_whole(const PoolShape& s, const PoolSlice& slice, int64_t first_window, Gradient& gradient,
                                  const float* grad_output, float* row) {
  Window w = s.w.windows[s.w.whole_begin];
  const int32_t stride = static_cast<int32_t>(s.w.stride);
  float* first = row + w.start * s.c;
  int64_t out = (first_window + s.w.whole_begin) * s.c;
  for (int64_t ow = s.w.whole_begin; ow < s.w.whole_end; ow++) {
    gradient.start_window(w);
    scatter_window<kStream, kTaps>(s, slice, 0, kTaps, out, gradient, grad_output, first);
    w.start += stride;
    first += stride * s.c;
    out += s.c;
  }
}

template <bool kStream, typename Gradient>
STRIDED_INLINE void scatter_row(const PoolShape& s, const PoolSlice& slice, int64_t first_window, Gradient& gradient,
                                const float* grad_output, float* row) {
  const bool known = s.w.whole_begin < s.w.whole_end && (s.w.taps == 2 || s.w.taps == 3);
  const int64_t begin = known ? s.w.whole_begin : s.w.out, end = known ? s.w.whole_end : s.w.out;
  scatter_some<kStream>(s, slice, 0, begin, first_window, gradient, grad_output, row);
  if (known && s.w.taps == 2) {
    scatter_whole<kStream, 2>(s, slice, first_window, gradient, grad_output, row);
  } else if (known) {
    scatter_whole<kStream, 3>(s, slice, first_window, gradient, grad_output, row);
  }
  scatter_some<kStream>(s, slice, end, s.w.out, first_window, gradient, grad_output, row);
}

// Fills the rows of a slice from the windows over them, which come in a fixed order; no other slice writes there.
template <typename Gradient>
STRIDED_INLINE void scatter_rows(const PoolShape& s, const PoolSlice& slice, Gradient gradient,
                                 const float* grad_output, float* grad_input) {
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const int64_t n = row / (s.h.in * s.d.in), id = row / s.h.in % s.d.in, ih = row % s.h.in;
    const Span od = s.d.spans[id], oh = s.h.spans[ih];
    float* to = grad_input + row * s.w.in * s.c;
    // Where a single row of windows covers every pixel once, each window writes its own.
    if (!s.w.tiled || (od.end - od.begin) * (oh.end - oh.begin) != 1) {
      gather_rows(s, slice, n, id, ih, od, oh, gradient, grad_output, to);
      continue;
    }
    const int64_t d = od.begin, h = oh.begin;
    gradient.start_row(Meeting{id, ih, d, h, tap_at(s.d, d, id), tap_at(s.h, h, ih)});
    const int64_t first_window = ((n * s.d.out + d) * s.h.out + h) * s.w.out;
    if (slice.streamed) {
      scatter_row<true>(s, slice, first_window, gradient, grad_output, to);
    } else {
      scatter_row<false>(s, slice, first_window, gradient, grad_output, to);
    }
  }
  if (slice.streamed) end_stream();
}

}  // namespace
}  // namespace strided
