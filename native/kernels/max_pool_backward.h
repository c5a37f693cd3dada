// The backward half of max_pool.cc, whose contract is max_pool.h.
#pragma once

#include "../simd/lanes.h"
#include "max_pool.h"

namespace strided {
namespace {

// What names the winner: nothing, the number of its tap, or its position in the image.
enum class Winner { none, tap, position };

// The number of the tap that a window has at position i of an axis; negative when it has none there.
STRIDED_INLINE int64_t tap_at(const PoolAxis& axis, int64_t window, int64_t i) {
  const int64_t distance = i - axis.windows[window].start;
  if (axis.step == 1) return distance;
  return distance % axis.step == 0 ? distance / axis.step : -1;
}

struct Gradients {
  const float* output;
  const uint8_t* taps;
  const int32_t* positions;
  float* input;
};

// One input pixel gathers from the windows over it, so that slices never write the same element.
template <Winner kWinner, int kVectors, typename Lanes>
STRIDED_INLINE void gather_channels(const PoolShape& s, int64_t n, int64_t id, int64_t ih, int64_t iw, int64_t c,
                                    Lanes lanes, const Gradients& grad) {
  const Span od = s.d.spans[id], oh = s.h.spans[ih], ow = s.w.spans[iw];
  const VecInt position = set1_int(static_cast<int32_t>((id * s.h.in + ih) * s.w.in + iw));
  Vec sum[kVectors];
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) sum[u] = zero();
  for (int64_t d = od.begin; d < od.end; d++) {
    for (int64_t h = oh.begin; h < oh.end; h++) {
      for (int64_t w = ow.begin; w < ow.end; w++) {
        const int64_t kd = tap_at(s.d, d, id), kh = tap_at(s.h, h, ih), kw = tap_at(s.w, w, iw);
        // A dilated window may pass over the pixel without a tap on it.
        if ((kd | kh | kw) < 0) continue;
        const int32_t tap = static_cast<int32_t>((kd * s.h.taps + kh) * s.w.taps + kw);
        const int64_t out = (((n * s.d.out + d) * s.h.out + h) * s.w.out + w) * s.c + c;
#pragma GCC unroll 4
        for (int u = 0; u < kVectors; u++) {
          const int64_t at = out + u * kLanes;
          Mask won;
          if constexpr (kWinner == Winner::tap) {
            won = equal_bytes(grad.taps + at, tap, lanes.count());
          } else {
            won = equal_int(lanes.load_int(grad.positions + at), position);
          }
          sum[u] = add(sum[u], select(won, lanes.load(grad.output + at), zero()));
        }
      }
    }
  }
  float* grad_input = grad.input + (((n * s.d.in + id) * s.h.in + ih) * s.w.in + iw) * s.c + c;
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) lanes.store(grad_input + u * kLanes, sum[u]);
}

template <Winner kWinner>
void backward_rows(const PoolShape& s, const PoolSlice& slice, const Gradients& grad) {
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const int64_t n = row / (s.h.in * s.d.in), id = row / s.h.in % s.d.in, ih = row % s.h.in;
    for (int64_t iw = 0; iw < s.w.in; iw++) {
      for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
        gather_channels<kWinner, decltype(registers)::value>(s, n, id, ih, iw, c, lanes, grad);
      });
    }
  }
}

void backward(const PoolShape& s, const PoolSlice& slice, const float* grad_output, const uint8_t* taps,
              const int32_t* positions, float* grad_input) {
  const Gradients grad{grad_output, taps, positions, grad_input};
  taps != nullptr ? backward_rows<Winner::tap>(s, slice, grad) : backward_rows<Winner::position>(s, slice, grad);
}

}  // namespace
}  // namespace strided
