// Gradient of the convolution weights by direct summation, for every shape.
#pragma once

#include "conv.h"

namespace strided {

void direct_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                            const float* grad_output, float* grad_weight);

}  // namespace strided
