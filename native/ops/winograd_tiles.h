// Where Winograd's tiles and patches lie in the images, and the phases that a stride makes.
#pragma once

#include "conv.h"
#include "conv_algorithm.h"

namespace strided {

// One of the convolutions of stride 1 that a convolution is the sum of: its taps are row, row + stride, ... of the
// kernel, and its patches start as many pixels further on.
struct WinogradPhase {
  const WinogradKernels& kernels;
  int64_t row, column;

  bool has(int64_t frequency) const {
    return frequency / kernels.frequency_row < kernels.patch_rows &&
           frequency % kernels.frequency_row < kernels.patch_columns;
  }
  int64_t taps() const { return int64_t{kernels.kernel_rows} * kernels.kernel_columns; }
};

// The phases of an algorithm: one, or four with a stride of 2.
class WinogradPhases {
 public:
  WinogradPhases(const KernelTable& kernels, ConvAlgorithm algorithm);

  int64_t stride() const { return stride_; }
  int64_t count() const { return stride_ * stride_; }
  WinogradPhase operator[](int64_t phase) const {
    if (stride_ == 1) return {first_[0], 0, 0};
    // Where there are two taps they start at 0, and one stands at 1.
    return {first_[phase], phase == 1 || phase == 2 ? 0 : 1, phase >= 2 ? 0 : 1};
  }
  // The phase that has all frequencies.
  WinogradPhase whole() const { return (*this)[count() / 2]; }
  int64_t frequencies() const {
    const WinogradKernels& all = whole().kernels;
    return int64_t{all.patch_rows} * all.patch_columns;
  }
  // Products of one tile: one for each phase of each frequency.
  int64_t products() const {
    int64_t sum = 0;
    for (int64_t f = 0; f < frequencies(); f++) sum += end(f) - begin(f);
    return sum;
  }
  // The phases [begin, end) that have a frequency.
  int64_t begin(int64_t frequency) const;
  int64_t end(int64_t frequency) const;

 private:
  const WinogradKernels* first_;
  int64_t stride_;
};

// The images that tiles lie in.
struct WinogradImages {
  int64_t n, h, w, channels;  // source
  int64_t rows, columns;      // positions that the tiles of an image cover
  int64_t ph, pw;             // zero rows and columns above and left of the source
  int64_t dh, dw;             // dilation
  int64_t stride;             // source pixels from one position to the next
  int64_t tile;               // m
};

// What a tile reads: a rectangle of source pixels, `stride` and dilation apart.
struct WinogradPatch {
  int64_t row, column;  // where it starts after the tile's own start
  int64_t rows, columns;
};

// Image that tiles are written to: position (y, x) is its pixel (y*step + row, x*step + column).
struct WinogradTarget {
  float* data;
  int64_t h, w, channels;
  int64_t step, row, column;
  bool relu;
};

struct TileRange {
  int64_t begin, end;
};

// Equal shares of some tiles.
class TileShares {
 public:
  TileShares(int64_t begin, int64_t end, int64_t count) : begin_(begin), tiles_(end - begin), count_(count) {}
  TileRange operator[](int64_t i) const { return {begin_ + tiles_ * i / count_, begin_ + tiles_ * (i + 1) / count_}; }

 private:
  int64_t begin_, tiles_, count_;
};

// The tiles of an output, and the patch of a source image under each. With a dilation of d, every d-th output row and
// column makes a tile: the d * d phases are convolutions of their own without dilation.
class WinogradTiles {
 public:
  explicit WinogradTiles(const WinogradImages& images)
      : p_(images),
        rows_(images.dh * ceil_div(ceil_div(images.rows, images.dh), images.tile)),
        columns_(images.dw * ceil_div(ceil_div(images.columns, images.dw), images.tile)) {}

  int64_t count() const { return p_.n * rows_ * columns_; }
  // Pointers to the pixels of a patch of tile `index`; `zeros` (channels floats) stands for those outside.
  void pixels(int64_t index, const WinogradPatch& patch, const float* source, const float* zeros,
              const float** pixel) const;
  // Floats from a tile's pixels to those of the tile to its right.
  int64_t ahead() const { return p_.stride * p_.tile * p_.dw * p_.channels; }
  // Where tile `index` goes.
  WinogradOutput place(int64_t index, const WinogradTarget& target) const;
  // Ask for the source pixels that tiles are the first to read, and for those that they write, while products keep the
  // processor busy and leave memory idle.
  void fetch_sources(TileRange tiles, const float* source) const;
  void fetch_targets(TileRange tiles, const WinogradTarget& target) const;

 private:
  struct Spot {
    int64_t image, top, left;  // first position
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

// Most pixels of a patch.
constexpr int64_t kWinogradPixels = 36;

// Floats added to each plane so that the planes' streams do not meet in one set of the L1 cache.
constexpr int64_t kPlanePadding = 16;

}  // namespace strided
