// Loops over channels: four whole registers at a time, then whole ones, then the first lanes of one.
#pragma once

#include "vec.h"

namespace strided {
namespace {

struct WholeLanes {
  static STRIDED_INLINE int64_t count() { return kLanes; }
  static STRIDED_INLINE Vec load(const float* p) { return strided::load(p); }
  static STRIDED_INLINE void store(float* p, Vec v) { strided::store(p, v); }
  static STRIDED_INLINE VecInt load_int(const int32_t* p) { return strided::load_int(p); }
  static STRIDED_INLINE void store_int(int32_t* p, VecInt v) { strided::store_int(p, v); }
};

struct FirstLanes {
  Mask mask;
  int64_t lanes;

  STRIDED_INLINE int64_t count() const { return lanes; }
  STRIDED_INLINE Vec load(const float* p) const { return strided::load(p, mask); }
  STRIDED_INLINE void store(float* p, Vec v) const { strided::store(p, v, mask); }
  STRIDED_INLINE VecInt load_int(const int32_t* p) const { return strided::load_int(p, mask); }
  STRIDED_INLINE void store_int(int32_t* p, VecInt v) const { strided::store_int(p, v, mask); }
};

template <int kCount>
struct Constant {
  static constexpr int value = kCount;
};

// function(registers, lanes, c) for the channels [begin, end): `registers` of them from c on, accessed by `lanes`.
template <typename Function>
STRIDED_INLINE void for_channels(int64_t begin, int64_t end, Function function) {
  int64_t c = begin;
  for (; c + 4 * kLanes <= end; c += 4 * kLanes) function(Constant<4>{}, WholeLanes{}, c);
  for (; c + kLanes <= end; c += kLanes) function(Constant<1>{}, WholeLanes{}, c);
  if (c < end) function(Constant<1>{}, FirstLanes{first_lanes(end - c), end - c}, c);
}

}  // namespace
}  // namespace strided
