// Reading a shape with strides for several buffers, and how much of each it covers.
#pragma once

#include "../ops/strided.h"
#include "call.h"

namespace strided {

template <size_t Buffers>
struct StridedOperands {
  StridedShape<Buffers> shape;
  std::array<int64_t, Buffers> extent;  // elements from the first to the last touched
  bool empty;
};

template <size_t Buffers>
StridedOperands<Buffers> read_strides(const Fields& problem, const std::array<const char*, Buffers>& names) {
  const std::vector<int64_t> shape = problem.integers("shape");
  std::array<std::vector<int64_t>, Buffers> strides;
  for (size_t b = 0; b < Buffers; b++) {
    strides[b] = problem.integers(names[b]);
    if (strides[b].size() != shape.size())
      throw ArgumentError{std::string(names[b]) + " must have one entry a dimension"};
  }
  StridedOperands<Buffers> result{};
  for (const int64_t size : shape) result.empty = result.empty || size == 0;
  if (result.empty) return result;
  result.extent.fill(1);
  for (size_t d = 0; d < shape.size(); d++) {
    std::array<int64_t, Buffers> at;
    for (size_t b = 0; b < Buffers; b++) {
      at[b] = strides[b][d];
      const int64_t reach = product({shape[d] - 1, at[b]});
      result.extent[b] = reach > INT64_MAX - result.extent[b] ? INT64_MAX : result.extent[b] + reach;
    }
    result.shape.add(shape[d], at);
  }
  return result;
}

}  // namespace strided
