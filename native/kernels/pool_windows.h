// Which elements of an image the windows of a pooling hold, as tables that ops/pool_windows.h fills: the kernels know
// neither strides nor paddings, and adaptive windows are like any others.
#pragma once

#include <cstdint>

namespace strided {

// One window along one dimension: its tap t lies at position start + t * step of the input; those from `begin` to `end`
// lie inside it. `counted` is what the dimension contributes to the divisor of an average.
struct Window {
  int32_t start, begin, end, counted;
};

// The windows that may have a tap at a position.
struct Span {
  int32_t begin, end;
};

// One spatial dimension: sizes, the most taps a window has, the distance between two, and a Window for each output.
// Those from whole_begin to whole_end have all their taps inside and start `stride` apart. Only backward reads `spans`,
// one for each input, and `tiled`, whether every input lies in exactly one window.
struct PoolAxis {
  int64_t in, out, taps, step;
  int64_t whole_begin, whole_end, stride;
  bool tiled;
  const Window* windows;
  const Span* spans;
};

// Images [n, d, h, w, c], channels last.
struct PoolShape {
  int64_t n, c;
  PoolAxis d, h, w;
};

// The rows [row_begin, row_end) of all images (n, depth, height) and the channels [c_begin, c_end) of their pixels.
// `streamed` says that gradients go past the caches: pixels are whole cache lines, and there are more than fit.
struct PoolSlice {
  int64_t row_begin, row_end, c_begin, c_end;
  bool streamed;
};

}  // namespace strided
