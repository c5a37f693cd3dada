// Leaky rectifier whose slope is learned, forward and backward.
//
//   output[i]     = input[i] > 0 ? input[i] : weight[i] * input[i]
//   grad_input[i] = input[i] > 0 ? grad_output[i] : weight[i] * grad_output[i]
//   total[i]     += input[i] > 0 ? 0 : input[i] * grad_output[i]
//
// Edges    NaN gives NaN, and a NaN input makes the gradient of its weight NaN.
// Layout   One row: weight, input and the others run side by side. Rows of several pixels repeat the weights.
// Slices   One call is one row; the caller walks rows in order and clears total.
// Saved    The input.
// Aliasing output may be input, grad_input may be grad_output; total may be null.
// Cost     Memory bound: 8 bytes an element forward, 12 backward, with weight and total in the first cache.
// Source   He et al., "Delving Deep into Rectifiers", 2015; semantics of torch.nn.functional.prelu.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct PreluKernels {
  void (*forward)(int64_t size, const float* input, const float* weight, float* output);
  void (*backward)(int64_t size, const float* input, const float* weight, const float* grad_output, float* grad_input,
                   float* total);
};

template <Isa isa>
const PreluKernels& prelu_kernels();

}  // namespace strided
