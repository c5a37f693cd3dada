// A row of a register tile of gemm.cc.
#pragma once

#include "../simd/vec.h"

namespace strided {
namespace {

// One row of accumulators, or of b: NR - 1 whole registers and a last one, whole or half.
template <int NR, typename Last>
struct Row {
  Vec whole[NR > 1 ? NR - 1 : 1];
  typename Last::V last;

  STRIDED_INLINE void load(const float* p, typename Last::M mask) {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) whole[j] = strided::load(p + j * kLanes);
    last = Last::load(p + (NR - 1) * kLanes, mask);
  }
  STRIDED_INLINE void load(const float* p) {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) whole[j] = strided::load(p + j * kLanes);
    last = Last::load(p + (NR - 1) * kLanes);
  }
  STRIDED_INLINE void add(const float* p, typename Last::M mask) {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) whole[j] = strided::add(whole[j], strided::load(p + j * kLanes));
    last = Last::add(last, Last::load(p + (NR - 1) * kLanes, mask));
  }
  // A NaN stays one.
  STRIDED_INLINE void rectify() {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) whole[j] = max(zero(), whole[j]);
    last = Last::max(Last::zero(), last);
  }
  STRIDED_INLINE void clear() {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) whole[j] = zero();
    last = Last::zero();
  }
  STRIDED_INLINE void store(float* p, typename Last::M mask) const {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) strided::store(p + j * kLanes, whole[j]);
    Last::store(p + (NR - 1) * kLanes, last, mask);
  }
  STRIDED_INLINE void add_product(float a, const Row& b) {
    // A lone half is multiplied by a half, which some processors broadcast twice as fast.
    if constexpr (NR == 1) {
      last = Last::fma(Last::set1(a), b.last, last);
    } else {
      const Vec all = set1(a);
#pragma GCC unroll 4
      for (int j = 0; j < NR - 1; j++) whole[j] = fma(all, b.whole[j], whole[j]);
      last = Last::fma(Last::half(all), b.last, last);
    }
  }
};

}  // namespace
}  // namespace strided
