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
  PoolAxis axis{dim.in,
                dim.out,
                0,
                dim.adaptive ? 1 : dim.dilation,
                windows_.data() + windows_.size(),
                spans_.data() + spans_.size()};
  const size_t first_span = spans_.size();
  if (backward) spans_.resize(first_span + static_cast<size_t>(dim.in), Span{0, 0});
  for (int64_t o = 0; o < dim.out; o++) {
    const Window window = dim.adaptive ? adaptive_window(dim, o) : sliding_window(dim, o, counted);
    windows_.push_back(window);
    axis.taps = std::max<int64_t>(axis.taps, window.end);
    for (int64_t t = window.begin; backward && t < window.end; t++) {
      Span& span = spans_[first_span + static_cast<size_t>(window.start + t * axis.step)];
      if (span.end == 0) span.begin = static_cast<int32_t>(o);
      span.end = static_cast<int32_t>(o + 1);
    }
  }
  if (!dim.adaptive) axis.taps = dim.kernel;
  return axis;
}

}  // namespace strided
