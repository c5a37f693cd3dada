// Winograd along one dimension, for what the squares of ops/winograd leave out: kernels that are long in one dimension
// (1x7, 9x1, those of 1-D convolutions) and those of three dimensions. kernels/line_winograd.h has the mathematics.
#pragma once

#include "conv.h"

namespace strided {

// Whether it is for this convolution: dense, of stride 1, three and more taps without dilation along a row or a column,
// at least 16 channels on both sides, and outputs long enough for its fewer multiplications to show.
bool is_line_winograd(const ConvProblem& problem, ConvPrecision precision);

void line_winograd_forward(const Context& context, const ConvProblem& problem, const float* input, const float* weight,
                           const float* bias, float* output, Moments* moments);
void line_winograd_backward_input(const Context& context, const ConvProblem& problem, const float* grad_output,
                                  const float* weight, float* grad_input);
void line_winograd_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                                   const float* grad_output, float* grad_weight);

// Tiles of 4 where speed comes first, else of 2.
const LineWinogradKernels& line_winograd_for(const Context& context);

// One dimension of an image and of the kernel.
struct LineSide {
  int64_t size, outputs;  // positions of the source and of the output
  int64_t kernel, pad, dilation;
  int64_t source, output;  // floats from one position to the next
  int64_t tap;             // taps from one of the kernel to the next
};

// A convolution of stride 1 as lines: of its columns, or of its rows where the kernel has fewer than three columns.
struct LineProblem {
  int64_t n, ic, oc;
  LineSide depth, across, along;  // across: the other dimension of a plane
  int64_t taps;
  bool relu;

  // The convolution itself, or its backward-input, whose source is the output.
  LineProblem(const ConvProblem& p, bool backward_input);

  int64_t source_image() const { return depth.size * across.size * along.size * ic; }
  int64_t output_image() const { return depth.outputs * across.outputs * along.outputs * oc; }
};

// How lines are cut: into tiles, and those into units that stay in L2 through all steps.
struct LineUnits {
  const LineProblem& p;
  int64_t tile, stretches;  // m, and runs of three taps along
  int64_t tiles;            // of a line
  Slices spans;             // of the tiles of a line, where one line is a unit or more
  Slices rows;              // of the lines of a plane, where they are short

  LineUnits(const LineProblem& problem, int64_t tile_size, int64_t wanted_tiles);

  int64_t planes() const { return p.n * p.depth.outputs; }
  int64_t count() const { return planes() * rows.count * spans.count; }
  int64_t most_rows() const { return ceil_div(p.across.outputs, rows.count); }
  int64_t most_tiles() const { return most_rows() * ceil_div(tiles, spans.count); }
  // Source lines under so many output lines, of one depth.
  int64_t source_rows(int64_t output_rows) const { return output_rows + (p.across.kernel - 1) * p.across.dilation; }
  // Transformed source of a unit: floats of one frequency.
  int64_t most_source() const {
    return p.depth.kernel * stretches * source_rows(most_rows()) * ceil_div(tiles, spans.count) * p.ic;
  }
};

// One unit: output lines [row, row + rows) of depth `z` of image `n`, tiles [first, first + tiles) of each.
struct LineUnit {
  int64_t n, z, row, rows, first, tiles;

  LineUnit(const LineUnits& units, int64_t index);
};

// Transforms the source under a unit: v[f][kd][stretch][line][tile][channel], zeros where there is no line. Depths
// outside are left out.
void transform_source(const LineWinogradKernels& kernels, const LineUnits& units, const LineUnit& unit,
                      const float* source, float* v, int64_t plane);

}  // namespace strided
