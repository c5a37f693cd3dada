// Linear layer: output[n, oc] = bias[oc] + Σ_ic input[n, ic] * weight[oc, ic], and its gradients.
#pragma once

#include "context.h"

namespace strided {

struct LinearProblem {
  int64_t n, ic, oc;
};

void linear_forward(const Context& context, const LinearProblem& problem, const float* input, const float* weight,
                    const float* bias, float* output);
void linear_backward_input(const Context& context, const LinearProblem& problem, const float* grad_output,
                           const float* weight, float* grad_input);
// grad_bias may be null.
void linear_backward_weight(const Context& context, const LinearProblem& problem, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias);

}  // namespace strided
