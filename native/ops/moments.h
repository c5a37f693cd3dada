// Mean and squared deviation of every channel of an op's output, gathered while its slices are written, so that a
// normalization behind it need not read all of it once more.
//
//   mean[c] = Σ x / rows,   square[c] = Σ (x - mean[c])²
//
// An op that writes its output in parts, fixed by the problem alone, announces them with `begin` and gives each
// rectangle of pixels to `add` as soon as it stands. Parts are merged in order. An op that announces none is read once
// more at the end.
#pragma once

#include <optional>

#include "context.h"

namespace strided {

class Moments {
 public:
  // Writes to `target`, [3, channels]: the mean rounded to float, what that lacks of the mean, the squares.
  Moments(const Context& context, int64_t channels, float* target)
      : context_(context), channels_(channels), target_(target) {}

  void begin(int64_t parts);
  // Adds channels [first, first + count) of a rectangle whose data points at the first of them. One thread at a time
  // adds to the same channels of a part; `starts` says whether this is their first rectangle.
  void add(int64_t part, bool starts, int64_t first, int64_t count, const PixelRectangle& pixels) const;
  // Merges the parts, or those of dense rows of `output` when the op announced none.
  void finish(const float* output, int64_t rows);

 private:
  float* row(int64_t part, int64_t which) const { return sums_->get() + (part * 3 + which) * channels_; }
  void merge(int64_t begin, int64_t end) const;

  const Context& context_;
  int64_t channels_;
  float* target_;
  int64_t parts_ = 0;
  std::optional<Workspace<float>> sums_;  // [parts, pivot | sum | square, channels]
  std::optional<Workspace<double>> pixels_;
};

}  // namespace strided
