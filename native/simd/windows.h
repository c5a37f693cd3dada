// Which positions sliding windows and their taps fall on, along one dimension.
#pragma once

#include "vec.h"

namespace strided {
namespace {

struct Range {
  int64_t begin, end;
};

STRIDED_INLINE int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// The taps k of a window at `start` for which 0 <= start + k*dilation < size.
STRIDED_INLINE Range taps_inside(int64_t start, int64_t dilation, int64_t kernel_size, int64_t size) {
  Range taps{0, kernel_size};
  if (start < 0) taps.begin = (-start + dilation - 1) / dilation;
  if (start + (kernel_size - 1) * dilation >= size) taps.end = start < size ? (size - 1 - start) / dilation + 1 : 0;
  return taps;
}

// The outputs o for which 0 <= o*stride + offset < size.
STRIDED_INLINE Range outputs_inside(int64_t offset, int64_t stride, int64_t outputs, int64_t size) {
  Range range{offset < 0 ? (-offset + stride - 1) / stride : 0, floor_div(size - 1 - offset, stride) + 1};
  if (range.end > outputs) range.end = outputs;
  if (range.begin > range.end) range.begin = range.end;
  return range;
}

// The windows o that may hold position i: 0 <= i + padding - o*stride <= reach.
STRIDED_INLINE Range windows_over(int64_t i, int64_t padding, int64_t stride, int64_t reach, int64_t outputs) {
  const int64_t last = (i + padding) / stride;
  const int64_t before = i + padding - reach - 1;  // the last start too early to reach i
  return {before < 0 ? 0 : before / stride + 1, last + 1 < outputs ? last + 1 : outputs};
}

}  // namespace
}  // namespace strided
