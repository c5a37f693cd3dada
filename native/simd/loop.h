// The element-wise loops: whole registers, then one masked register.
#pragma once

#include "vec.h"

namespace strided {
namespace {

// output[i] = function(inputs[i]...) for i < size, four registers at a time. output may be one of the inputs.
template <typename Function, typename... Inputs>
STRIDED_INLINE void map(int64_t size, float* output, Function function, const Inputs*... inputs) {
  int64_t i = 0;
  for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) store(output + i + u * kLanes, function(load(inputs + i + u * kLanes)...));
  }
  for (; i + kLanes <= size; i += kLanes) store(output + i, function(load(inputs + i)...));
  if (i < size) {
    const Mask tail = first_lanes(size - i);
    store(output + i, function(load(inputs + i, tail)...), tail);
  }
}

// All lanes of a register, or the first ones: one way to write a step of a loop over several arrays.
struct AllLanes {
  STRIDED_INLINE Vec load(const float* p) const { return strided::load(p); }
  STRIDED_INLINE void store(float* p, Vec v) const { strided::store(p, v); }
};
struct FirstLanes {
  Mask mask;
  STRIDED_INLINE Vec load(const float* p) const { return strided::load(p, mask); }
  STRIDED_INLINE void store(float* p, Vec v) const { strided::store(p, v, mask); }
};

// step(i, lanes) for the registers that begin at i, until `size` elements are covered.
template <typename Step>
STRIDED_INLINE void for_registers(int64_t size, Step step) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) step(i, AllLanes{});
  if (i < size) step(i, FirstLanes{first_lanes(size - i)});
}

}  // namespace
}  // namespace strided
