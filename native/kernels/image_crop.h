// Rows of uint8 images to rows of floats, by a table.
//
//   row:   output[x, c] = levels[c, columns[x] < 0 ? 256 : input[columns[x], c]]
//   paint: output[x, c] = value[c]
//
// Edges    Without an input all columns count as -1. Any width and number of channels, 0 included.
// Layout   A row is [width, c], channels last; levels is [c, 257].
// Slices   One row of one image; which row and which columns of the source it shows is decided in ops/.
// Saved    nothing: images have no gradient.
// Aliasing No two arguments may overlap.
// Cost     One byte and one table entry read, one float written an element; a table of 3 * 257 floats stays in the L1
//          cache, and its entries are what the library computes elsewhere, to the last bit, on every instruction set.
// Source   Crop, flip and normalization of torchvision.transforms in one pass.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// Floats of one channel in the table: one for each value of a pixel, and one for what lies outside the image.
constexpr int64_t kImageLevels = 257;

struct ImageCropKernels {
  void (*row)(int64_t width, int64_t c, const uint8_t* input, const int32_t* columns, const float* levels,
              float* output);
  void (*paint)(int64_t width, int64_t c, const float* value, float* output);
};

template <Isa isa>
const ImageCropKernels& image_crop_kernels();

}  // namespace strided
