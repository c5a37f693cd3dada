// Walking several buffers of one shape, each with its own strides, a row at a time.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace strided {

// Dimensions outermost first. Sizes of 1 are dropped, and neighbours that every buffer walks as one are joined.
template <size_t Buffers>
struct StridedShape {
  std::vector<int64_t> size;
  std::array<std::vector<int64_t>, Buffers> stride;

  void add(int64_t length, const std::array<int64_t, Buffers>& strides) {
    if (length == 1) return;
    if (!size.empty()) {
      bool joins = true;
      for (size_t b = 0; b < Buffers; b++) joins = joins && stride[b].back() == strides[b] * length;
      if (joins) {
        size.back() *= length;
        for (size_t b = 0; b < Buffers; b++) stride[b].back() = strides[b];
        return;
      }
    }
    size.push_back(length);
    for (size_t b = 0; b < Buffers; b++) stride[b].push_back(strides[b]);
  }

  // Makes the dimension in which buffer `b` steps least the innermost, so that rows are walked along memory.
  void innermost_along(size_t b) {
    if (size.empty()) return;
    size_t best = size.size() - 1;
    for (size_t d = 0; d < size.size(); d++) {
      if (stride[b][d] != 0 && (stride[b][best] == 0 || stride[b][d] < stride[b][best])) best = d;
    }
    std::swap(size[best], size.back());
    for (auto& s : stride) std::swap(s[best], s.back());
  }

  int64_t row_length() const { return size.empty() ? 1 : size.back(); }
  int64_t row_stride(size_t b) const { return size.empty() ? 1 : stride[b].back(); }
  int64_t rows() const {
    int64_t count = 1;
    for (size_t d = 0; d + 1 < size.size(); d++) count *= size[d];
    return count;
  }

  // Where row `row` starts in each buffer.
  std::array<int64_t, Buffers> offsets(int64_t row) const {
    std::array<int64_t, Buffers> result{};
    for (size_t d = size.size() - (size.empty() ? 0 : 1); d-- > 0;) {
      const int64_t i = row % size[d];
      row /= size[d];
      for (size_t b = 0; b < Buffers; b++) result[b] += i * stride[b][d];
    }
    return result;
  }
};

}  // namespace strided
