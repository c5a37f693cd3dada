// Losses of single elements over dense buffers; kernels/pointwise_loss.h has the formulas.
#pragma once

#include "context.h"

namespace strided {

struct PointwiseLossProblem {
  PointwiseLoss op;
  int64_t size;
  int64_t width;  // of the weights, which apply to elements i, i + width, i + 2 width, ...; divides size
  float a;
  bool each;       // one loss an element
  double divisor;  // of the sum otherwise
};

void pointwise_loss_forward(const Context& context, const PointwiseLossProblem& problem, const LossInputs& inputs,
                            float* loss);
// grad_input and grad_target may be null.
void pointwise_loss_backward(const Context& context, const PointwiseLossProblem& problem, const LossInputs& inputs,
                             const float* grad_loss, float* grad_input, float* grad_target);

}  // namespace strided
