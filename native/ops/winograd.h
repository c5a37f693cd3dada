// Winograd convolution: kernels/winograd.h has the mathematics, this the walk over tiles.
#pragma once

#include "conv.h"
#include "conv_algorithm.h"

namespace strided {

const WinogradKernels& winograd_for(const KernelTable& kernels, ConvAlgorithm algorithm);

void winograd_forward(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem, const float* input,
                      const float* weight, const float* bias, float* output, Moments* moments);
void winograd_backward_input(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem,
                             const float* grad_output, const float* weight, float* grad_input);
void winograd_backward_weight(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem,
                              const float* input, const float* grad_output, float* grad_weight);

// The tiles of an output, and the patch of a source image under each. With a dilation of d, every d-th output row and
// column makes a tile: the d * d phases are convolutions of their own without dilation.
struct WinogradTiles {
  int64_t n, h, w, channels;  // source image
  int64_t oh, ow;             // output image
  int64_t ph, pw;             // zero rows and columns above and left of the source
  int64_t dh, dw;             // dilation
  int64_t tile, size;         // m, and side of what is read: m + k - 1 for an input patch, m for a gradient tile
  bool relu = false;          // outputs below 0 become 0

  int64_t rows() const { return dh * ceil_div(ceil_div(oh, dh), tile); }
  int64_t columns() const { return dw * ceil_div(ceil_div(ow, dw), tile); }
  int64_t count() const { return n * rows() * columns(); }
  // First output row and column of tile `index`.
  int64_t top(int64_t index) const { return start(index / columns() % rows(), dh); }
  int64_t left(int64_t index) const { return start(index % columns(), dw); }

  // Pointers to the size * size pixels read for tile `index`; `zeros` (channels floats) stands for those outside.
  void pixels(int64_t index, const float* source, const float* zeros, const float** pixel) const;
  // Floats from a tile's pixels to those of the tile to its right.
  int64_t ahead() const { return tile * dw * channels; }
  // Where tile `index` goes in an output image of `c` channels.
  WinogradOutput place(int64_t index, int64_t c, float* output) const;

 private:
  int64_t start(int64_t i, int64_t dilation) const { return i / dilation * tile * dilation + i % dilation; }
};

// Floats added to each plane so that the planes' streams do not meet in one set of the L1 cache.
constexpr int64_t kPlanePadding = 16;

}  // namespace strided
