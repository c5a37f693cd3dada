// The parameters of a model, taken as if they lay end to end.
#pragma once

#include <algorithm>
#include <vector>

#include "context.h"

namespace strided {

// Elements of one slice: half of what a stream takes, since a step reads several.
constexpr int64_t kParameterSlice = kStreamSlice / 2;

template <typename Parameter>
Slices slices_of(const std::vector<Parameter>& parameters) {
  int64_t total = 0;
  for (const Parameter& p : parameters) total += p.size;
  return Slices(total, kParameterSlice);
}

// body(slice, parameter, offset, length) over all elements of all parameters, cut into equal slices: small tensors
// share one, large ones span several. The stretches of a slice come in order on one thread.
template <typename Parameter, typename Body>
void for_stretches(const Context& context, const std::vector<Parameter>& parameters, const Body& body) {
  std::vector<int64_t> end;
  int64_t total = 0;
  for (const Parameter& p : parameters) end.push_back(total += p.size);
  if (total == 0) return;
  const Slices slices = slices_of(parameters);
  context.parallel(slices.count, [&](int64_t slice, int) {
    int64_t at = slices.begin(slice);
    const int64_t last = slices.end(slice);
    size_t i = static_cast<size_t>(std::upper_bound(end.begin(), end.end(), at) - end.begin());
    while (at < last) {
      const int64_t length = std::min(last, end[i]) - at;
      body(slice, parameters[i], at - (end[i] - parameters[i].size), length);
      at += length;
      i++;
    }
  });
}

// A pointer that may be null, `offset` elements on.
inline float* advance(float* pointer, int64_t offset) { return pointer == nullptr ? nullptr : pointer + offset; }

}  // namespace strided
