// Rectified linear unit, forward and backward.
//
//   output[i]    = max(input[i], 0)
//   grad_input[i] = output[i] <= 0 ? 0 : grad_output[i]
//
// Edges    A NaN stays NaN in the output and passes its gradient on; the gradient at 0 is 0.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [begin, end); the caller offsets the pointers.
// Saved    The output, which the next layer keeps anyway.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     Memory bound: 8 bytes an element forward, 12 backward.
// Source   Semantics of torch.nn.functional.relu.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct ReluKernels {
  void (*forward)(int64_t size, const float* input, float* output);
  void (*backward)(int64_t size, const float* output, const float* grad_output, float* grad_input);
};

template <Isa isa>
const ReluKernels& relu_kernels();

}  // namespace strided
