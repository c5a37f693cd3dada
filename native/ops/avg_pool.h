// Average pooling over all rows of an image batch; kernels/avg_pool.h has the contract.
#pragma once

#include "pool_windows.h"

namespace strided {

// What every sum is divided by, or 0 for the number of elements that `counted` says.
struct AvgDivisor {
  double value;
  Counted counted;
};

void avg_pool_forward(const Context& context, const PoolProblem& problem, const AvgDivisor& divisor, const float* input,
                      float* output);
void avg_pool_backward(const Context& context, const PoolProblem& problem, const AvgDivisor& divisor,
                       const float* grad_output, float* grad_input);

}  // namespace strided
