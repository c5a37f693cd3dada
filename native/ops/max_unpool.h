// Puts maxima back to where a max pooling found them, and gathers gradients from there; plain loops, since every
// element goes its own way.
#pragma once

#include "context.h"

namespace strided {

// Images of `small` elements and c channels, put into images of `large` elements.
struct MaxUnpoolProblem {
  int64_t n, c, small, large;
};

// output[n, position, c] = input[n, i, c] with position = positions[n, i, c], 0 where nothing goes; the last i wins.
// Positions outside an image are left out; returns how many there are.
int64_t max_unpool_forward(const Context& context, const MaxUnpoolProblem& problem, const float* input,
                           const int32_t* positions, float* output);
// grad_input[n, i, c] = grad_output[n, position, c], 0 where the position lies outside.
void max_unpool_backward(const Context& context, const MaxUnpoolProblem& problem, const float* grad_output,
                         const int32_t* positions, float* grad_input);

}  // namespace strided
