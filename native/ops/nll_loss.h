// Negative log-likelihood of class indices, and what it shares with cross entropy.
//
//   loss[r] = -weight[t] * input[r, t] with t = target[r], and 0 where t is ignore_index
#pragma once

#include "context.h"

namespace strided {

enum class Reduction { none, mean, sum };

struct NllProblem {
  int64_t rows, c, ignore_index;
  Reduction reduction;
};

// The first row whose target is neither ignored nor in [0, c), or -1.
int64_t find_bad_target(const NllProblem& problem, const int32_t* target);
// Σ weight[target[r]] over the rows that count; weight may be null.
double target_weights(const NllProblem& problem, const int32_t* target, const float* weight);
// Writes the losses of rows, or their sum or mean by `total`, added in order.
void reduce_rows(Reduction reduction, int64_t rows, const double* losses, double total, float* loss);

// saved_total is the sum of weights that the mean divides by.
void nll_loss_forward(const Context& context, const NllProblem& problem, const float* input, const int32_t* target,
                      const float* weight, float* loss, float* saved_total);
void nll_loss_backward(const Context& context, const NllProblem& problem, const float* grad_loss, const int32_t* target,
                       const float* weight, const float* saved_total, float* grad_input);

}  // namespace strided
