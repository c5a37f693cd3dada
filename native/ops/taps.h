// Convolution reduced to what forward and backward-input share: a sum over taps, each a fixed offset into a source
// image.
//
//   output[n, y, x, :] = start + Σ_{taps (i, j)} source[n, y*step_h + rows[i], x*step_w + columns[j], :] · panel(i, j)
//
// Forward has one tap for each kernel element and the stride as its step. Backward-input splits grad_input into
// SH x SW phases; within a phase the taps are those kernel elements whose stride divides, the step is 1, and the
// phase's pixels lie SH rows and SW columns apart. No pass multiplies by the zeros that a stride leaves between.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

// Taps along one dimension, ascending in the offset into the source.
struct TapLine {
  std::vector<int64_t> offset;
  std::vector<int64_t> kernel;  // which kernel row or column
};

struct TapImage {
  const float* data;
  int64_t n, h, w;
  int64_t pixel;     // floats between pixels: all channels
  int64_t channels;  // of this group; data points at its first
};

struct TapOutput {
  float* data;
  int64_t rows, columns;      // of the phase
  int64_t image, row, pixel;  // floats between images, rows and pixels of the phase
  int64_t channels;           // of this group; data points at its first
};

struct TapProblem {
  TapImage source;
  TapOutput output;
  TapLine rows, columns;
  int64_t step_h, step_w;
  const float* bias;  // by output channel, or null
};

// Writes the packed panel of output channels [column, column + columns) with rows for tap (i, j) at
// (i * columns.size() + j) * channels.
struct TapPacker {
  virtual ~TapPacker() = default;
  virtual void pack(int64_t column, int64_t columns, int64_t width, float* panel) const = 0;
};

void run_taps(const Context& context, const TapProblem& problem, const TapPacker& packer);

// The columns of a source row that taps touch: left and right of the image stands zero padding.
struct TapSpan {
  int64_t first, width;
};
TapSpan tap_span(const TapLine& columns, int64_t step, int64_t outputs);

// Copies one source row's columns [span.first, span.first + span.width) of one group, zero outside the image.
void copy_padded_row(const TapImage& source, int64_t n, int64_t row, TapSpan span, float* target);

}  // namespace strided
