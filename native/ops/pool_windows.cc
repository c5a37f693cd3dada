#include "pool_windows.h"

#include <algorithm>

namespace strided {
namespace {

Window adaptive_window(const PoolDim& dim, int64_t o) {
  const int64_t start = o * dim.in / dim.out;
  const int32_t taps = static_cast<int32_t>(ceil_div((o + 1) * dim.in, dim.out) - start);
  return {static_cast<int32_t>(start), 0, taps, taps};
}

Window sliding_window(const PoolDim& dim, int64_t o, Counted counted) {
  const int64_t start = o * dim.stride - dim.padding;
  const int64_t begin = start < 0 ? std::min(ceil_div(-start, dim.dilation), dim.kernel) : 0;
  const int64_t room = start < dim.in ? (dim.in - 1 - start) / dim.dilation + 1 : 0;
  const int64_t end = std::max(begin, std::min(room, dim.kernel));
  const int64_t padded = std::min(start + dim.kernel, dim.in + dim.padding) - start;
  const int64_t divisor = counted == Counted::padded ? padded : end - begin;
  return {static_cast<int32_t>(start), static_cast<int32_t>(begin), static_cast<int32_t>(end),
          static_cast<int32_t>(divisor)};
}

}  // namespace

PoolWindows::PoolWindows(const PoolProblem& p, bool backward, Counted counted) {
  // Reserved at once: the axes keep pointers.
  windows_.reserve(static_cast<size_t>(p.d.out + p.h.out + p.w.out));
  if (backward) spans_.reserve(static_cast<size_t>(p.d.in + p.h.in + p.w.in));
  shape_ = {p.n, p.c, fill(p.d, backward, counted), fill(p.h, backward, counted), fill(p.w, backward, counted)};
}

PoolAxis PoolWindows::fill(const PoolDim& dim, bool backward, Counted counted) {
  PoolAxis axis{};
  axis.in = dim.in;
  axis.out = dim.out;
  axis.step = dim.adaptive ? 1 : dim.dilation;
  axis.stride = dim.stride;
  axis.windows = windows_.data() + windows_.size();
  axis.spans = spans_.data() + spans_.size();
  for (int64_t o = 0; o < dim.out; o++) {
    windows_.push_back(dim.adaptive ? adaptive_window(dim, o) : sliding_window(dim, o, counted));
    axis.taps = std::max<int64_t>(axis.taps, windows_.back().end);
  }
  if (!dim.adaptive) {
    axis.taps = dim.kernel;
    auto whole = [&](int64_t o) { return axis.windows[o].begin == 0 && axis.windows[o].end == dim.kernel; };
    while (axis.whole_begin < dim.out && !whole(axis.whole_begin)) axis.whole_begin++;
    axis.whole_end = axis.whole_begin;
    while (axis.whole_end < dim.out && whole(axis.whole_end)) axis.whole_end++;
  }
  if (backward) fill_spans(axis);
  return axis;
}

void PoolWindows::fill_spans(PoolAxis& axis) {
  Span* spans = spans_.data() + spans_.size();
  spans_.resize(spans_.size() + static_cast<size_t>(axis.in), Span{0, 0});
  int64_t taps = 0;
  for (int64_t o = 0; o < axis.out; o++) {
    const Window& window = axis.windows[o];
    for (int64_t t = window.begin; t < window.end; t++) {
      Span& span = spans[window.start + t * axis.step];
      if (span.end == 0) span.begin = static_cast<int32_t>(o);
      span.end = static_cast<int32_t>(o + 1);
      taps++;
    }
  }
  axis.tiled = taps == axis.in && std::all_of(spans, spans + axis.in, [](Span s) { return s.end - s.begin == 1; });
}

}  // namespace strided
