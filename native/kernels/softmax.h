// Softmax, log-softmax and the log-sum-exp behind cross entropy, forward and backward.
//
//   max            = max_k input[k], log_sum = log Σ_k exp(input[k] - max), lse = max + log_sum
//   softmax[k]     = exp((input[k] - max) - log_sum),  d input[k] = output[k] * (grad[k] - Σ_j grad[j] * output[j])
//   log_softmax[k] = (input[k] - max) - log_sum,       d input[k] = grad[k] - exp(output[k]) * Σ_j grad[j]
//   cross_entropy_grad = scale * exp(input[k] - lse) - smooth * weight[k]  (weight null: 1), the smoothed part of
//                        the gradient of the loss; the caller subtracts the target's own term
//
// max and log_sum stay apart: their sum, rounded, would cost large logits the digits that log_sum has.
//
// Edges    A row of -inf alone gives NaN; +inf gives NaN, as in torch.
// Layout   Rows: contiguous along k. Columns: `columns` problems side by side, k at `stride`.
// Slices   One call is one row, or one group of columns.
// Saved    The output; for cross entropy lse.
// Aliasing output may be input.
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
  void (*softmax)(int64_t size, const float* input, LogSumExp lse, float* output);
  void (*log_softmax)(int64_t size, const float* input, LogSumExp lse, float* output);
  void (*softmax_gradient)(int64_t size, const float* output, const float* grad_output, float* grad_input);
  void (*log_softmax_gradient)(int64_t size, const float* output, const float* grad_output, float* grad_input);
  void (*cross_entropy_gradient)(int64_t size, const float* input, float lse, float scale, float smooth,
                                 const float* weight, float* grad_input);
  void (*columns_forward)(int64_t size, int64_t stride, int64_t columns, bool log, const float* input, float* output);
  void (*columns_backward)(int64_t size, int64_t stride, int64_t columns, bool log, const float* output,
                           const float* grad_output, float* grad_input);
};

template <Isa isa>
const SoftmaxKernels& softmax_kernels();

}  // namespace strided
