// Sums and extrema of rows and of columns.
//
//   row:      one result over `size` consecutive elements
//   columns:  output[j] = result over input[i*stride + j], i < size, for each j < columns
//
// deviation sums (x - center)², the second pass of a variance; center is by column, or one for a row.
//
// Edges    A NaN wins max, min, argmax and argmin; on ties the first wins. size >= 1.
// Layout   row: contiguous. columns: contiguous across columns.
// Slices   One call is one thread's work. Long rows are cut by the caller into parts of fixed size.
// Saved    nothing
// Aliasing None.
// Cost     Memory bound.
// Source   Semantics of torch.sum, var, max, min, argmax, argmin.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct ReduceKernels {
  double (*row_sum)(int64_t size, const float* input);
  double (*row_deviation)(int64_t size, const float* input, float center);
  // The position of the extremum.
  int64_t (*row_argmax)(int64_t size, const float* input);
  int64_t (*row_argmin)(int64_t size, const float* input);
  void (*column_sum)(int64_t size, int64_t stride, int64_t columns, const float* input, float* output);
  void (*column_deviation)(int64_t size, int64_t stride, int64_t columns, const float* input, const float* center,
                           float* output);
  void (*column_argmax)(int64_t size, int64_t stride, int64_t columns, const float* input, int32_t* output);
  void (*column_argmin)(int64_t size, int64_t stride, int64_t columns, const float* input, int32_t* output);
};

template <Isa isa>
const ReduceKernels& reduce_kernels();

}  // namespace strided
