// Panels: the right-hand operand of gemm.h, laid out in the order in which its tile reads it.
//
//   rows:        panel[k, j] = b[k*stride + j]
//   transposed:  panel[k, j] = b[j*stride + k]
//
// Edges    Columns from `columns` up to `width` are written as 0.
// Layout   panel is dense [depth, width], width a whole number of gemm.h's units.
// Slices   One call is one thread's work.
// Saved    nothing
// Aliasing None.
// Cost     Reads depth*columns, writes depth*width floats.
// Source   Goto & van de Geijn 2008.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct PackKernels {
  void (*rows)(int64_t depth, int64_t columns, int64_t width, const float* b, int64_t stride, float* panel);
  void (*transposed)(int64_t depth, int64_t columns, int64_t width, const float* b, int64_t stride, float* panel);
};

template <Isa isa>
const PackKernels& pack_kernels();

}  // namespace strided
