// Cross entropy; kernels/softmax.h has the formulas.
#pragma once

#include "context.h"
#include "nll_loss.h"

namespace strided {

struct CrossEntropyProblem {
  NllProblem rows;  // of logits, and what becomes of their losses
  double label_smoothing;
};

// weight may be null. `saved` is max and log_sum of each row, saved_total the sum of weights that the mean divides by.
void cross_entropy_forward(const Context& context, const CrossEntropyProblem& problem, const float* logits,
                           const int32_t* target, const float* weight, float* loss, LogSumExp* saved,
                           float* saved_total);
void cross_entropy_backward(const Context& context, const CrossEntropyProblem& problem, const float* grad_loss,
                            const float* logits, const int32_t* target, const float* weight, const LogSumExp* saved,
                            const float* saved_total, float* grad_logits);

// The same for a target of probabilities, a row each; the mean divides by the number of rows.
void soft_cross_entropy_forward(const Context& context, const CrossEntropyProblem& problem, const float* logits,
                                const float* target, const float* weight, float* loss, LogSumExp* saved);
// grad_logits and grad_target may be null.
void soft_cross_entropy_backward(const Context& context, const CrossEntropyProblem& problem, const float* grad_loss,
                                 const float* logits, const float* target, const float* weight, const LogSumExp* saved,
                                 float* grad_logits, float* grad_target);

}  // namespace strided
