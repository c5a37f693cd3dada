// Local response normalization over channels-last rows; kernels/local_response_norm.h has formula and derivation.
#pragma once

#include "context.h"

namespace strided {

struct LocalResponseNormProblem {
  int64_t rows, c, size;
  double alpha, beta, k;
};

void local_response_norm_forward(const Context& context, const LocalResponseNormProblem& problem, const float* input,
                                 float* output);
void local_response_norm_backward(const Context& context, const LocalResponseNormProblem& problem, const float* input,
                                  const float* grad_output, float* grad_input);

}  // namespace strided
