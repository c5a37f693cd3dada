// Element-wise activations over dense buffers; kernels/activation.h has the contract.
#pragma once

#include "context.h"

namespace strided {

void activation_forward(const Context& context, Activation op, float a, float b, int64_t size, const float* input,
                        float* output);
void activation_backward(const Context& context, Activation op, float a, float b, int64_t size, const float* kept,
                         const float* grad_output, float* grad_input);

}  // namespace strided
