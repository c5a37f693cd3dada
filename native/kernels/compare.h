// Element-wise comparison.
//
//   output[i] = a[i*a_stride] op b[i*b_stride] ? 1 : 0
//
// Edges    Every comparison with a NaN is false, but for ne.
// Layout   One dimension, each buffer with its own stride.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing None.
// Cost     Memory bound.
// Source   Semantics of torch.eq, ne, lt, le, gt, ge.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

enum class Compare { eq, ne, lt, le, gt, ge };
constexpr int kCompareCount = 6;

struct CompareKernels {
  void (*compare[kCompareCount])(int64_t size, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                 uint8_t* output, int64_t output_stride);
};

template <Isa isa>
const CompareKernels& compare_kernels();

}  // namespace strided
