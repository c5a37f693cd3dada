// Group and instance normalization of channels-last images, forward and backward; kernels/group_norm.h has formula and
// derivation.
#pragma once

#include "context.h"

namespace strided {

struct GroupNormProblem {
  int64_t n, spatial, c, groups;
  double eps;
};

// By image and group: [n, groups].
struct GroupNormStats {
  float* mean;
  float* rstd;
};

// weight and bias, [c], may be null: 1 and 0.
void group_norm_forward(const Context& context, const GroupNormProblem& problem, const float* input,
                        const float* weight, const float* bias, const GroupNormStats& saved, float* output);

struct GroupNormGrads {
  float* input;
  float* weight;  // may be null, as may bias
  float* bias;
};

void group_norm_backward(const Context& context, const GroupNormProblem& problem, const float* input,
                         const float* grad_output, const GroupNormStats& saved, const float* weight,
                         const GroupNormGrads& grads);

}  // namespace strided
