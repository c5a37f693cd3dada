// Losses of single elements and their gradients. With x the input, t the target, d = x - t:
//
//   mse              d²                                                          dx = 2 d
//   l1               |d|                                                         dx = sign d, 0 at 0
//   smooth_l1        |d| < a ? d² / (2 a) : |d| - a/2                            dx = clamp(d / a, -1, 1)
//   huber            |d| < a ? d² / 2 : a (|d| - a/2)                            dx = clamp(d, -a, a)
//   bce              -w (t L(x) + (1 - t) L(1 - x)), L = max(log, -100)          dx = w (x - t) / max(x (1 - x), 1e-12)
//   bce_with_logits  w ((1 - t) x + (1 + (p - 1) t) log(1 + e^-x))               dx = w ((1 - t) σ(x) - p t σ(-x))
//   kl_div           t (log t - x), 0 log 0 = 0                                  dx = -t
//   kl_div_log       e^t (t - x)                                                 dx = -e^t
//
// The gradient with respect to the target is -dx for the first four; for bce w (log(1 - x) - log x), with logits
// w (-x + (p - 1) log(1 + e^-x)), for kl_div log t + 1 - x, and e^t (t + 1 - x).
//
// Edges    NaN gives NaN, and so does a bce input outside [0, 1]. With logits the terms in x are joined by the sign of
// x,
//          so that none cancels: a loss of e^-|x| keeps its digits, and an infinite logit on the wrong side costs inf.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers, and passes rows of constants where a factor is the same
// for
//          all, in parts that stay in the first cache.
// Saved    nothing: backward reads input and target.
// Aliasing output, grad_input and grad_target may each be input, target or grad_output.
// Cost     8 bytes an element for a sum, 12 for single losses and gradients; those with logarithms and exponentials 30
// to
//          80 instructions a register.
// Source   Semantics of the functions of the same names in torch.nn.functional.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

enum class PointwiseLoss { mse, l1, smooth_l1, huber, bce, bce_with_logits, kl_div, kl_div_log };
constexpr int kPointwiseLossCount = 8;

// What a loss reads; weight (w) and pos_weight (p) by the two bce only, which must have them.
struct LossInputs {
  const float* input;
  const float* target;
  const float* weight;
  const float* pos_weight;
};

struct PointwiseLossKernels {
  void (*each[kPointwiseLossCount])(int64_t size, float a, const LossInputs& inputs, float* output);
  void (*grad_input[kPointwiseLossCount])(int64_t size, float a, const LossInputs& inputs, const float* grad_output,
                                          float* grad_input);
  void (*grad_target[kPointwiseLossCount])(int64_t size, float a, const LossInputs& inputs, const float* grad_output,
                                           float* grad_target);
};

template <Isa isa>
const PointwiseLossKernels& pointwise_loss_kernels();

}  // namespace strided
