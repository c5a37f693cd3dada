// A row that applies to every row of a larger buffer.
#pragma once

#include <algorithm>
#include <cstring>

#include "context.h"

namespace strided {

// Short rows are repeated until one call of a kernel is worth its cost.
constexpr int64_t kLeastRow = 512;

// `row` repeated as often as fits into `size` elements, at least kLeastRow of them where there are as many.
class RepeatedRow {
 public:
  RepeatedRow(const Context& context, const float* row, int64_t width, int64_t size)
      : width_(width * std::max<int64_t>(1, std::min(ceil_div(kLeastRow, width), size / width))),
        copies_(context, width_ == width ? 0 : width_),
        row_(row == nullptr || width_ == width ? row : copies_.get()) {
    if (row_ == row) return;
    for (int64_t i = 0; i < width_; i += width) {
      std::memcpy(copies_.get() + i, row, sizeof(float) * static_cast<size_t>(width));
    }
  }

  // A multiple of the row's own width; get() is null where the row is.
  int64_t width() const { return width_; }
  const float* get() const { return row_; }

  // Calls body(begin, offset in the row, length) for each part of elements [begin, end) that one row covers.
  template <typename Body>
  void for_parts(int64_t begin, int64_t end, Body body) const {
    while (begin < end) {
      const int64_t offset = begin % width_;
      const int64_t length = std::min(end - begin, width_ - offset);
      body(begin, offset, length);
      begin += length;
    }
  }

 private:
  int64_t width_;
  Workspace<float> copies_;
  const float* row_;
};

}  // namespace strided
