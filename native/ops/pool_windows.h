// The windows of a pooling, from its strides and paddings or from the sizes alone; kernels/pool_windows.h has the form.
#pragma once

#include <algorithm>
#include <vector>

#include "../kernels/pool_windows.h"
#include "../simd/streaming.h"
#include "context.h"

namespace strided {

// One dimension of a pooling: input and output size, window, stride, padding in front, dilation.
struct PoolDim {
  int64_t in, out, kernel, stride, padding, dilation;
  // Window o holds the inputs from floor(o * in / out) to ceil((o + 1) * in / out); only the sizes count.
  bool adaptive;
};

struct PoolProblem {
  int64_t n, c;
  PoolDim d, h, w;

  int64_t inputs() const { return d.in * h.in * w.in; }
  int64_t outputs() const { return d.out * h.out * w.out; }
};

// Which elements an average divides by the number of: all taps, though never those beyond the padding, or those inside.
enum class Counted { padded, inside };

class PoolWindows {
 public:
  // With `backward` the windows over each input as well.
  PoolWindows(const PoolProblem& problem, bool backward, Counted counted = Counted::padded);

  const PoolShape& shape() const { return shape_; }
  // The most taps that a window has.
  int64_t taps() const { return shape_.d.taps * shape_.h.taps * shape_.w.taps; }

 private:
  PoolAxis fill(const PoolDim& dim, bool backward, Counted counted);
  void fill_spans(PoolAxis& axis);

  std::vector<Window> windows_;
  std::vector<Span> spans_;
  PoolShape shape_;
};

// Runs body(slice) over slices of `rows` rows of `row_work` elements each. Few long rows are cut by their channels too.
template <typename Body>
void for_pool_slices(const Context& context, int64_t rows, int64_t row_work, int64_t channels, bool streamed,
                     Body body) {
  const Slices by_row(rows, std::max<int64_t>(1, kStreamSlice / std::max<int64_t>(1, row_work)));
  // Below this many slices threads would be left without one; 64 channels are four of the widest registers.
  constexpr int64_t kEnough = 16;
  const int64_t parts = by_row.count >= kEnough || row_work < kStreamSlice ? 1 : ceil_div(channels, 64);
  context.parallel(by_row.count * parts, [&](int64_t i, int) {
    const int64_t row = i / parts, part = i % parts;
    const int64_t last = part + 1 == parts ? channels : (part + 1) * 64;
    body(PoolSlice{by_row.begin(row), by_row.end(row), part * 64, last, streamed});
  });
}

// Whether gradients of the input are stored past the caches: there are too many for them, and pixels are whole lines.
inline bool streams(const PoolProblem& p, const float* grad_input) {
  constexpr int64_t kLine = 64;
  return p.c * static_cast<int64_t>(sizeof(float)) % kLine == 0 &&
         reinterpret_cast<uintptr_t>(grad_input) % kLine == 0 && p.n * p.inputs() * p.c >= kStreamedSize;
}

}  // namespace strided
