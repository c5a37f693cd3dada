// Batch normalization, training and evaluation, forward and backward, alone or with a residual addition and a ReLU
// behind it; kernels/batch_norm.h has formula and derivation.
#pragma once

#include "context.h"

namespace strided {

struct BatchNormProblem {
  int64_t rows, c;
  double eps, momentum;
  bool relu;
};

struct BatchNormStats {
  float* running_mean;  // updated in place; null when they are not tracked
  float* running_var;
  float* saved_mean;
  float* saved_rstd;
};

// What is normalized and what becomes of it.
struct BatchNormBuffers {
  const float* input;
  const float* weight;  // may be null, 1, as may bias, 0
  const float* bias;
  const float* residual;  // added to the normalized values; may be null
  uint8_t* bits;          // where relu let values pass; null when that is not asked for
  float* output;
  const float* moments;  // of the input as moments.h writes them; null where they are not known yet
};

void batch_norm_forward(const Context& context, const BatchNormProblem& problem, const BatchNormBuffers& buffers,
                        const BatchNormStats& stats);
void batch_norm_eval_forward(const Context& context, const BatchNormProblem& problem, const BatchNormBuffers& buffers,
                             const float* mean, const float* variance);

// What backward reads.
struct BatchNormSaved {
  const float* input;
  const float* grad_output;
  const float* mean;
  const float* spread;  // rstd in training, the variance in evaluation
  const float* weight;  // may be null
  const uint8_t* bits;  // null without relu
};

struct BatchNormGrads {
  float* input;   // may be grad_output
  float* weight;  // may be null, as may bias and residual
  float* bias;
  float* residual;
};

void batch_norm_backward(const Context& context, const BatchNormProblem& problem, const BatchNormSaved& saved,
                         const BatchNormGrads& grads);
void batch_norm_eval_backward(const Context& context, const BatchNormProblem& problem, const BatchNormSaved& saved,
                              const BatchNormGrads& grads);

}  // namespace strided
