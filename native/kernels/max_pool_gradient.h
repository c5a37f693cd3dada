// Who won a max pooling, and what follows for its backward pass; the contract is max_pool.h.
#pragma once

#include "max_pool.h"
#include "pool_scatter.h"

namespace strided {
namespace {

// What names the winner: nothing, the number of its tap, or its position in the image.
enum class Winner { none, tap, position };

// What a window gives to its taps: everything to the winner.
template <Winner kWinner>
struct WinnersGradient {
  const PoolShape& s;
  const uint8_t* taps;
  const int32_t* positions;
  int64_t row, code;

  STRIDED_INLINE void start_row(const Meeting& m) {
    row = kWinner == Winner::tap ? (m.kd * s.h.taps + m.kh) * s.w.taps : (m.id * s.h.in + m.ih) * s.w.in;
  }
  STRIDED_INLINE void start_window(const Window& w) { code = row + (kWinner == Winner::tap ? 0 : w.start); }

  template <typename Lanes>
  STRIDED_INLINE Vec load(const float* grad_output, Lanes lanes) const {
    return lanes.load(grad_output);
  }
  template <typename Lanes>
  STRIDED_INLINE Vec at(Vec grad, int64_t out, int64_t t, Lanes lanes) const {
    if constexpr (kWinner == Winner::tap) {
      return select(equal_bytes(taps + out, static_cast<int32_t>(code + t), lanes.count()), grad, zero());
    } else {
      const VecInt position = set1_int(static_cast<int32_t>(code + t * s.w.step));
      return select(equal_int(lanes.load_int(positions + out), position), grad, zero());
    }
  }
};

// Every pixel asks whether it won and is written at once: zeros first and winners later would cost two visits.
template <bool kStream>
STRIDED_INLINE void spread_row(const PoolShape& s, const PoolSlice& slice, int64_t first, const float* grad_output,
                               const int32_t* positions, float* row) {
  for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    constexpr int kVectors = decltype(registers)::value;
    Vec grad[kVectors];
    VecInt winner[kVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kVectors; u++) {
      grad[u] = lanes.load(grad_output + c + u * kLanes);
      winner[u] = lanes.load_int(positions + c + u * kLanes);
    }
    float* pixel = row + c;
    for (int64_t iw = 0; iw < s.w.in; iw++, pixel += s.c) {
      const VecInt here = set1_int(static_cast<int32_t>(first + iw));
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) {
        const Vec given = select(equal_int(winner[u], here), grad[u], zero());
        kStream ? stream(pixel + u * kLanes, given) : lanes.store(pixel + u * kLanes, given);
      }
    }
  });
}

}  // namespace
}  // namespace strided
