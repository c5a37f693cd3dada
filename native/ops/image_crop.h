// uint8 images cut, flipped, turned into floats and painted over in one pass; lib/reference/image_crop.ts has the
// formula.
#pragma once

#include "context.h"

namespace strided {

enum class CropMode { constant, edge, reflect, symmetric };

struct ImageCropProblem {
  int64_t n, c, ih, iw, oh, ow;
  int64_t rectangles;  // of each image
  CropMode mode;
};

// placement is [n, 4], rectangles [n, rectangles, 4], values [rectangles, c].
void image_crop(const Context& context, const ImageCropProblem& problem, const uint8_t* input, const int32_t* placement,
                const float* levels, const int32_t* rectangles, const float* values, float* output);

}  // namespace strided
