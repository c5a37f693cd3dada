// Softmax, log-softmax and cross entropy; kernels/softmax.h has the formulas.
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

enum class Reduction { none, mean, sum };

struct CrossEntropyProblem {
  int64_t rows, c, ignore_index;
  double label_smoothing;
  Reduction reduction;
};

// The first row whose target is neither ignored nor in [0, c), or -1.
int64_t find_bad_target(const CrossEntropyProblem& problem, const int32_t* target);
// weight may be null. saved_total is the sum of weights that the mean divides by.
void cross_entropy_forward(const Context& context, const CrossEntropyProblem& problem, const float* logits,
                           const int32_t* target, const float* weight, float* loss, float* saved_lse,
                           float* saved_total);
void cross_entropy_backward(const Context& context, const CrossEntropyProblem& problem, const float* grad_loss,
                            const float* logits, const int32_t* target, const float* weight, const float* saved_lse,
                            const float* saved_total, float* grad_logits);

}  // namespace strided
