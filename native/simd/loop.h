// The element-wise loops: whole registers, then one masked register.
#pragma once

#include "streaming.h"
#include "vec.h"

namespace strided {
namespace {

// map over whole registers of an output that is a multiple of their size in memory, past the caches; returns how far.
// Others see it after end_stream.
template <typename Function, typename... Inputs>
STRIDED_INLINE int64_t map_streamed(int64_t size, float* output, Function function, const Inputs*... inputs) {
  const int64_t above = reinterpret_cast<uintptr_t>(output) / sizeof(float) % kLanes;
  int64_t i = above == 0 ? 0 : kLanes - above;
  if (i > size) return 0;
  if (i > 0) store(output, function(load(inputs, first_lanes(i))...), first_lanes(i));
  for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) stream(output + i + u * kLanes, function(load(inputs + i + u * kLanes)...));
  }
  return i;
}

// map, past the caches where `streamed` says so.
template <typename Function, typename... Inputs>
STRIDED_INLINE void map_to(bool streamed, int64_t size, float* output, Function function, const Inputs*... inputs) {
  int64_t i = 0;
  if (streamed) i = map_streamed(size, output, function, inputs...);
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

// output[i] = function(inputs[i]...) for i < size, four registers at a time. output may be one of the inputs.
template <typename Function, typename... Inputs>
STRIDED_INLINE void map(int64_t size, float* output, Function function, const Inputs*... inputs) {
  // Lines that are read before they are written are in the cache already.
  const bool streamed = size >= kStreamedSlice / 2 && !((output == inputs) || ...);
  map_to(streamed, size, output, function, inputs...);
  if (streamed) end_stream();
}

// Elements summed in float before the sum moves to double: short enough that rounding stays near that of a single
// addition.
constexpr int64_t kSumBlock = 4096;

// The sum of term(inputs[i]...) for i < size, in an order that depends on the size alone.
template <typename Term, typename... Inputs>
STRIDED_INLINE double sum_terms(int64_t size, Term term, const Inputs*... inputs) {
  double total = 0;
  for (int64_t begin = 0; begin < size; begin += kSumBlock) {
    const int64_t end = begin + kSumBlock < size ? begin + kSumBlock : size;
    Vec acc[4] = {zero(), zero(), zero(), zero()};
    int64_t i = begin;
    for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
#pragma GCC unroll 4
      for (int u = 0; u < 4; u++) acc[u] = add(acc[u], term(load(inputs + i + u * kLanes)...));
    }
    for (; i + kLanes <= end; i += kLanes) acc[0] = add(acc[0], term(load(inputs + i)...));
    if (i < end) {
      const Mask tail = first_lanes(end - i);
      acc[1] = add(acc[1], select(tail, term(load(inputs + i, tail)...), zero()));
    }
    total += reduce_add(add(add(acc[0], acc[1]), add(acc[2], acc[3])));
  }
  return total;
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
