// Leaky rectifier with learned slopes; kernels/prelu.h has the contract.
#pragma once

#include "context.h"

namespace strided {

// `rows` pixels of `c` channels with a weight each; one weight for all is c = 1.
struct PreluProblem {
  int64_t rows, c;
};

void prelu_forward(const Context& context, const PreluProblem& problem, const float* input, const float* weight,
                   float* output);
// grad_weight may be null.
void prelu_backward(const Context& context, const PreluProblem& problem, const float* input, const float* weight,
                    const float* grad_output, float* grad_input, float* grad_weight);

}  // namespace strided
