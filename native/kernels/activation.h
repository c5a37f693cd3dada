// Element-wise activations, forward and backward; one pass each.
//
//   leaky_relu   x > 0 ? x : a x                    elu        x > 0 ? x : a (e^x - 1)
//   selu         s (x > 0 ? x : α (e^x - 1))        celu       x > 0 ? x : a (e^(x/a) - 1)
//   sigmoid      σ(x) = 1 / (1 + e^-x)              silu       x σ(x)
//   gelu         x Φ(x)                             gelu_tanh  x σ(2 c (x + 0.044715 x³)), c = sqrt(2/π)
//   tanh         tanh x                             mish       x tanh(log(1 + e^x))
//   softplus     a x > b ? x : log(1 + e^(a x)) / a softsign   x / (1 + |x|)
//   hardsigmoid  min(max(x + 3, 0), 6) / 6          hardswish  x min(max(x + 3, 0), 6) / 6
//   hardtanh     min(max(x, a), b)
//
//   grad_input[i] = grad_output[i] * the derivative, which is read off `kept`
//
// Edges    NaN gives NaN. Where a formula is 0 * inf the result is NaN (silu of -inf). At a corner the derivative is
// the
//          one that PyTorch takes: that of the left side for the leaky and exponential ones and at 3 for hardswish,
//          that of the right side at -3 for hardswish, 0 for the others.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    `kept` is the output where it determines the derivative: leaky_relu, elu for a >= 0, selu, celu, sigmoid,
// tanh,
//          softsign, hardsigmoid, hardtanh. Else it is the input: elu for a < 0, silu, gelu, gelu_tanh, softplus, mish,
//          hardswish; leaky_relu takes either, and needs the input for a < 0.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     8 bytes an element forward, 12 backward; the exponential ones 15 to 35 instructions a register, which hides
//          behind memory but not behind a cache. Values are good to 4 units in the last place, in the tails of gelu,
//          gelu_tanh and softplus, where the value is about e^-t, to 2 t more; derivatives to 4 units of themselves
//          or 1.
// Source   Semantics of the functions of the same names in torch.nn.functional.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

enum class Activation {
  leaky_relu,
  elu,
  selu,
  celu,
  sigmoid,
  silu,
  gelu,
  gelu_tanh,
  tanh,
  mish,
  softplus,
  softsign,
  hardsigmoid,
  hardswish,
  hardtanh,
};
constexpr int kActivationCount = 15;

struct ActivationKernels {
  void (*forward[kActivationCount])(int64_t size, float a, float b, const float* input, float* output);
  void (*backward[kActivationCount])(int64_t size, float a, float b, const float* kept, const float* grad_output,
                                     float* grad_input);
};

template <Isa isa>
const ActivationKernels& activation_kernels();

}  // namespace strided
