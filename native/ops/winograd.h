// Winograd convolution: kernels/winograd.h has the mathematics, this the walk over tiles.
#pragma once

#include "conv.h"
#include "conv_algorithm.h"

namespace strided {

void winograd_forward(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem, const float* input,
                      const float* weight, const float* bias, float* output, Moments* moments);
void winograd_backward_input(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem,
                             const float* grad_output, const float* weight, float* grad_input);
void winograd_backward_weight(const Context& context, ConvAlgorithm algorithm, const ConvProblem& problem,
                              const float* input, const float* grad_output, float* grad_weight);

}  // namespace strided
