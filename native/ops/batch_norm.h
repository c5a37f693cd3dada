// Batch normalization, training and evaluation, forward and backward; kernels/batch_norm.h has formula and derivation.
#pragma once

#include "context.h"

namespace strided {

struct BatchNormProblem {
  int64_t rows, c;
  double eps, momentum;
};

struct BatchNormStats {
  float* running_mean;  // updated in place; null when they are not tracked
  float* running_var;
  float* saved_mean;
  float* saved_rstd;
};

// weight and bias may be null: 1 and 0.
void batch_norm_forward(const Context& context, const BatchNormProblem& problem, const float* input,
                        const float* weight, const float* bias, const BatchNormStats& stats, float* output);

struct BatchNormGrads {
  float* input;
  float* weight;  // may be null, as may bias
  float* bias;
};

void batch_norm_backward(const Context& context, const BatchNormProblem& problem, const float* input,
                         const float* grad_output, const float* mean, const float* rstd, const float* weight,
                         const BatchNormGrads& grads);
void batch_norm_eval_forward(const Context& context, const BatchNormProblem& problem, const float* input,
                             const float* mean, const float* variance, const float* weight, const float* bias,
                             float* output);
void batch_norm_eval_backward(const Context& context, const BatchNormProblem& problem, const float* input,
                              const float* grad_output, const float* mean, const float* variance, const float* weight,
                              const BatchNormGrads& grads);

}  // namespace strided
