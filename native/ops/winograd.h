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

// The images that tiles lie in.
struct WinogradImages {
  int64_t n, h, w, channels;  // source image
  int64_t oh, ow;             // output image
  int64_t ph, pw;             // zero rows and columns above and left of the source
  int64_t dh, dw;             // dilation
  int64_t tile, size;         // m, and side of what is read: m + k - 1 for an input patch, m for a gradient tile
  bool relu = false;          // outputs below 0 become 0
};

// The tiles of an output, and the patch of a source image under each. With a dilation of d, every d-th output row and
// column makes a tile: the d * d phases are convolutions of their own without dilation.
class WinogradTiles {
 public:
  explicit WinogradTiles(const WinogradImages& images)
      : p_(images),
        rows_(images.dh * ceil_div(ceil_div(images.oh, images.dh), images.tile)),
        columns_(images.dw * ceil_div(ceil_div(images.ow, images.dw), images.tile)) {}

  int64_t channels() const { return p_.channels; }
  int64_t count() const { return p_.n * rows_ * columns_; }
  // Pointers to the size * size pixels read for tile `index`; `zeros` (channels floats) stands for those outside.
  void pixels(int64_t index, const float* source, const float* zeros, const float** pixel) const;
  // Floats from a tile's pixels to those of the tile to its right.
  int64_t ahead() const { return p_.tile * p_.dw * p_.channels; }
  // Where tile `index` goes in an output image of `c` channels.
  WinogradOutput place(int64_t index, int64_t c, float* output) const;

 private:
  struct Spot {
    int64_t image, top, left;  // first output row and column
  };
  Spot spot(int64_t index) const {
    const int64_t row = index / columns_;
    return {row / rows_, start(row % rows_, p_.dh), start(index % columns_, p_.dw)};
  }
  int64_t start(int64_t i, int64_t dilation) const {
    return dilation == 1 ? i * p_.tile : i / dilation * p_.tile * dilation + i % dilation;
  }

  WinogradImages p_;
  int64_t rows_, columns_;  // of tiles, in one image
};

// Floats added to each plane so that the planes' streams do not meet in one set of the L1 cache.
constexpr int64_t kPlanePadding = 16;

}  // namespace strided
