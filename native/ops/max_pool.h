// Max pooling over all rows of an image batch; kernels/max_pool.h has the contract.
#pragma once

#include "pool_windows.h"

namespace strided {

// Whether a window of the problem has few enough taps for them to be numbered in a byte.
bool fits_taps(const PoolProblem& problem);

// At most one of taps and positions is given in forward, exactly one in backward. With `relu`, of max(0, input).
void max_pool_forward(const Context& context, const PoolProblem& problem, bool relu, const float* input, float* output,
                      uint8_t* taps, int32_t* positions);
void max_pool_backward(const Context& context, const PoolProblem& problem, const float* grad_output,
                       const uint8_t* taps, const int32_t* positions, float* grad_input);

}  // namespace strided
