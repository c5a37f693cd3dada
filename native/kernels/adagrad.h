// One step of Adagrad on a stretch of one parameter.
//
//   d = ±grad + weight_decay * param,  sum += d²
//   param -= lr * (d / (sqrt(sum) + eps))
//
// Edges    A weight decay of 0 leaves its term out. lr is that of this step, lr / (1 + (t - 1) * lr_decay).
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing param and sum are updated in place; no two arguments overlap.
// Cost     Memory bound: 20 bytes an element. Each operation is rounded by itself, without fused multiply-add, so that
//          every instruction set and the reference give the same bits.
// Source   Semantics of torch.optim.Adagrad; Duchi, Hazan and Singer 2011.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct AdagradStep {
  float lr, eps, weight_decay;
  bool maximize;
};

struct AdagradKernels {
  void (*step)(const AdagradStep& step, int64_t size, float* param, const float* grad, float* sum);
};

template <Isa isa>
const AdagradKernels& adagrad_kernels();

}  // namespace strided
