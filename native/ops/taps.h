// Convolution reduced to what forward and backward-input share: a sum over taps, each a fixed offset into a source.
//
//   output[n, z, y, x, :] = start + Σ_{taps (h, i, j)} panel(h, i, j)
//                         · source[n, z*step_d + depths[h], y*step_h + rows[i], x*step_w + columns[j], :]
//
// Forward has one tap for each kernel element and the stride as its step. Backward-input splits grad_input into
// SD x SH x SW phases; within a phase the taps are those kernel elements whose stride divides, the step is 1, and the
// phase's pixels lie a stride apart. No pass multiplies by the zeros that a stride leaves between.
#pragma once

#include <vector>

#include "context.h"
#include "moments.h"

namespace strided {

// Taps along one dimension, ascending in the offset into the source.
struct TapLine {
  std::vector<int64_t> offset;
  std::vector<int64_t> kernel;  // which kernel element

  int64_t count() const { return static_cast<int64_t>(offset.size()); }
  int64_t at(int64_t i) const { return offset[static_cast<size_t>(i)]; }
};

struct TapImage {
  const float* data;
  int64_t n, d, h, w;
  int64_t pixel;     // floats between pixels: all channels
  int64_t channels;  // of a group; data points at the first group's first
};

struct TapOutput {
  float* data;
  int64_t depths, rows, columns;     // of the phase
  int64_t image, depth, row, pixel;  // floats between images, depths, rows and pixels of the phase
  int64_t channels;                  // of a group; data points at the first group's first
};

struct TapProblem {
  int64_t groups;
  TapImage source;
  TapOutput output;
  TapLine depths, rows, columns;
  int64_t step_d, step_h, step_w;
  const float* bias;  // by output channel, or null
  bool relu;          // the larger of the sum and 0
  Moments* moments;   // gathered of the output, or null

  int64_t taps() const { return depths.count() * rows.count() * columns.count(); }
};

// Writes the packed panel of a group's output channels [column, column + columns), `channels` rows for each tap in
// order.
struct TapPacker {
  virtual ~TapPacker() = default;
  virtual void pack(int64_t group, int64_t column, int64_t columns, int64_t width, float* panel) const = 0;
};

void run_taps(const Context& context, const TapProblem& problem, const TapPacker& packer);

// The columns of a source row that taps touch: left and right of the image stands zero padding.
struct TapSpan {
  int64_t first, width;
};
TapSpan tap_span(const TapLine& columns, int64_t step, int64_t outputs);

// Copies `channels` floats of columns [span.first, span.first + span.width) of the source row that starts at `from`,
// zero outside the image, to pixels that lie `target_pixel` floats apart.
void copy_padded_row(const TapImage& source, const float* from, TapSpan span, int64_t channels, int64_t target_pixel,
                     float* target);

}  // namespace strided
