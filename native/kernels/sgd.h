// One step of stochastic gradient descent on a stretch of one parameter.
//
//   param = shrink * param,  d = ±grad + weight_decay * param
//   buffer = first ? d : momentum * buffer + undamped * d,  d = nesterov ? d + momentum * buffer : buffer
//   param -= lr * d
//
// Edges    A weight decay or momentum of 0 leaves its line out; buffer is then null. A shrink of 1 changes no bit.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing param and buffer are updated in place; no two arguments overlap.
// Cost     Memory bound: 12 bytes an element, 20 with momentum. Each operation is rounded by itself, without fused
//          multiply-add, so that every instruction set and the reference give the same bits.
// Source   Semantics of torch.optim.SGD; Sutskever et al. 2013; decoupled decay by Loshchilov and Hutter 2019.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct SgdStep {
  float lr, momentum, undamped, weight_decay, shrink;
  bool nesterov, maximize, first;
};

struct SgdKernels {
  void (*step)(const SgdStep& step, int64_t size, float* param, const float* grad, float* buffer);
};

template <Isa isa>
const SgdKernels& sgd_kernels();

}  // namespace strided
