// Softmax and log-softmax; kernels/softmax.h has the formulas.
#pragma once

#include "context.h"

namespace strided {

struct SoftmaxProblem {
  int64_t outer, size, inner;
  bool log;
};

void softmax_forward(const Context& context, const SoftmaxProblem& problem, const float* input, float* output);
void softmax_backward(const Context& context, const SoftmaxProblem& problem, const float* output,
                      const float* grad_output, float* grad_input);

}  // namespace strided
