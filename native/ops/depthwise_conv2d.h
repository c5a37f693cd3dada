// Depthwise convolution over whole batches; kernels/depthwise_conv2d.h has the contract.
#pragma once

#include "conv.h"

namespace strided {

// 2-D, one input and one output channel to a group.
bool is_depthwise(const ConvProblem& problem);

void depthwise_forward(const Context& context, const ConvProblem& problem, const float* input, const float* weight,
                       const float* bias, float* output, Moments* moments);
void depthwise_backward_input(const Context& context, const ConvProblem& problem, const float* grad_output,
                              const float* weight, float* grad_input);
void depthwise_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                               const float* grad_output, float* grad_weight);

}  // namespace strided
