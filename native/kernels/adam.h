// One step of Adam or AdamW on a stretch of one parameter.
//
//   param = shrink * param,  d = ±grad + weight_decay * param
//   average = beta1 * average + rest1 * d,  square = beta2 * square + rest2 * d²
//   top = amsgrad ? max(top, square) : square
//   param -= step_size * (average / (sqrt(top) * scale + eps))
//
// where rest = 1 - beta, step_size = lr / (1 - beta1^t) and scale = 1 / sqrt(1 - beta2^t) are rounded once from double.
//
// Edges    A weight decay of 0 leaves its term out. A factor `shrink` of 1 changes no bit. Without AMSGrad top is null.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing param, average, square and top are updated in place; no two arguments overlap.
// Cost     Memory bound: 28 bytes an element, 36 with AMSGrad. Each operation is rounded by itself, without fused
//          multiply-add, so that every instruction set and the reference give the same bits.
// Source   Semantics of torch.optim.Adam and AdamW; Kingma and Ba 2015; Reddi et al. 2018; Loshchilov and Hutter 2019.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct AdamStep {
  float beta1, rest1, beta2, rest2, step_size, scale, eps, weight_decay, shrink;
  bool maximize;
};

struct AdamKernels {
  void (*step)(const AdamStep& step, int64_t size, float* param, const float* grad, float* average, float* square,
               float* top);
};

template <Isa isa>
const AdamKernels& adam_kernels();

}  // namespace strided
