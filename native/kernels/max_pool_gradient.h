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

}  // namespace
}  // namespace strided
