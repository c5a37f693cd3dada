// Sums around a pivot over a rectangle of channels-last pixels, gathered while they lie where an op has just written
// them.
//
//   sum[c] += Σ_{i,j} (x[i,j,c] - pivot[c]), square[c] += Σ_{i,j} (x[i,j,c] - pivot[c])²
//
// A pivot that is one of the values keeps cancellation out: whatever it is, (x - pivot)² is no larger than four times
// what it adds to the sum of squares around the mean.
//
// Edges    Any number of channels; NaN and Inf reach their channel alone.
// Layout   pixel (i, j) lies i*row + j*pixel floats on. Lanes run over channels.
// Slices   One call is one rectangle of a part, whose sums its caller keeps; a few hundred pixels of a part are added
// up
//          in float.
// Saved    nothing
// Aliasing None.
// Cost     Reads the rectangle once, from L1 or L2: three operations an element.
// Source   Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance", shifted sums.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct PixelRectangle {
  const float* data;
  int64_t rows, columns;
  int64_t row, pixel;  // floats between rows and between pixels
};

struct MomentsKernels {
  void (*gather)(int64_t channels, const PixelRectangle& pixels, const float* pivot, float* sum, float* square);
};

template <Isa isa>
const MomentsKernels& moments_kernels();

}  // namespace strided
