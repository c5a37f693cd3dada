// The element-wise loop: whole registers, four at a time, then one masked register.
#pragma once

#include "vec.h"

namespace strided {
namespace {

// output[i] = function(inputs[i]...) for i < size. output may be one of the inputs.
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

}  // namespace
}  // namespace strided
