// Softmax, log-softmax and the log-sum-exp behind cross entropy, forward and backward.
//
//   max            = max_k input[k], log_sum = log Σ_k exp(input[k] - max), lse = max + log_sum
//   softmax[k]     = exp((input[k] - max) - log_sum),  d input[k] = output[k] * (grad[k] - Σ_j grad[j] * output[j])
//   log_softmax[k] = (input[k] - max) - log_sum,       d input[k] = grad[k] - exp(output[k]) * Σ_j grad[j]
//   mixed_loss     = Σ_k weight[k] t[k] (lse - input[k]),  t[k] = keep * target[k] + smooth
//   d input[k]     = scale * exp(input[k] - lse) - factor * weight[k] t[k], for scale = factor Σ_j weight[j] t[j]
//   d target[k]    = factor * weight[k] (lse - input[k])
//
// with weight null for 1 and target null for keep = 0. A loss of one class is mixed_loss with smooth alone, to which
// the caller adds that class's own terms. max and log_sum stay apart: their sum, rounded, would cost large logits the
// digits that log_sum has.
//
// Edges    A row of -inf alone gives NaN; +inf gives NaN, as in torch.
// Layout   Rows: contiguous along k. Columns: `columns` problems side by side, k at `stride`.
// Slices   One call is one row, or one group of columns.
// Saved    The output; for cross entropy max and log_sum.
// Aliasing output may be input, and grad_input any of the others.
// Cost     About 25 instructions a register for each exponential.
// Source   Semantics of torch.nn.functional.softmax, log_softmax, cross_entropy.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct LogSumExp {
  float max, log_sum;
};

struct SoftmaxKernels {
  LogSumExp (*log_sum_exp)(int64_t size, const float* input);
  void (*softmax)(int64_t size, const float* input, float* output);
  void (*log_softmax)(int64_t size, const float* input, LogSumExp lse, float* output);
  void (*softmax_gradient)(int64_t size, const float* output, const float* grad_output, float* grad_input);
  void (*log_softmax_gradient)(int64_t size, const float* output, const float* grad_output, float* grad_input);
  double (*mixed_loss)(int64_t size, const float* input, LogSumExp lse, const float* target, float keep, float smooth,
                       const float* weight);
  // Σ_k weight[k] t[k]
  double (*mixed_total)(int64_t size, const float* target, float keep, float smooth, const float* weight);
  void (*mixed_gradient)(int64_t size, const float* input, LogSumExp lse, const float* target, float keep, float smooth,
                         const float* weight, float scale, float factor, float* grad_input);
  void (*target_gradient)(int64_t size, const float* input, LogSumExp lse, const float* weight, float factor,
                          float* grad_target);
  void (*columns_forward)(int64_t size, int64_t stride, int64_t columns, bool log, const float* input, float* output);
  void (*columns_backward)(int64_t size, int64_t stride, int64_t columns, bool log, const float* output,
                           const float* grad_output, float* grad_input);
};

template <Isa isa>
const SoftmaxKernels& softmax_kernels();

}  // namespace strided
