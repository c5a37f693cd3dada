// Rectified linear unit, forward and backward, alone or behind a sum.
//
//   output[i]     = max(input[i] (+ residual[i]), 0)
//   grad_input[i] = output[i] <= 0 ? 0 : grad_output[i]
//
// Edges    A NaN stays NaN in the output and passes its gradient on; the gradient at 0 is 0.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [begin, end); the caller offsets the pointers. Where there are bits, begin is a multiple of 8.
// Saved    The output, which the next layer keeps anyway, or bits: bit i % 8 of byte i / 8 is set where output[i] is
//          not 0.
// Aliasing output may be input or residual, grad_input may be grad_output.
// Cost     Memory bound: 8 bytes an element forward, 12 with a residual; backward 12 from the output, 8 from bits,
// which
//          halves its time (2 Mi elements on Zen 4: 0.44 to 0.21 ms, forward no slower).
// Source   Semantics of torch.nn.functional.relu.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct ReluKernels {
  // residual and bits may be null.
  void (*forward)(int64_t size, const float* input, const float* residual, float* output, uint8_t* bits);
  void (*backward)(int64_t size, const float* output, const float* grad_output, float* grad_input);
  void (*backward_bits)(int64_t size, const uint8_t* bits, const float* grad_output, float* grad_input);
};

template <Isa isa>
const ReluKernels& relu_kernels();

}  // namespace strided
