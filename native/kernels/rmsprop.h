// One step of RMSprop on a stretch of one parameter.
//
//   d = ±grad + weight_decay * param,  square = alpha * square + rest * d²
//   average = alpha * average + rest * d,  variance = centered ? max(0, square - average²) : square
//   ratio = d / (sqrt(variance) + eps),  buffer = momentum * buffer + ratio,  param -= lr * (momentum ? buffer : ratio)
//
// where rest = 1 - alpha is rounded once from double.
//
// Edges    A weight decay of 0 leaves its term out. average is null when not centered, buffer without momentum.
//          Rounding can take a variance below 0, which counts as 0; a NaN stays.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing param, square, average and buffer are updated in place; no two arguments overlap.
// Cost     Memory bound: 20 bytes an element and 8 more for each of average and buffer. Each operation is rounded by
//          itself, without fused multiply-add, so that every instruction set and the reference give the same bits.
// Source   Semantics of torch.optim.RMSprop; Tieleman and Hinton 2012; Graves 2013 for the centered form.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct RmspropStep {
  float lr, alpha, rest, eps, weight_decay, momentum;
  bool maximize;
};

struct RmspropKernels {
  void (*step)(const RmspropStep& step, int64_t size, float* param, const float* grad, float* square, float* average,
               float* buffer);
};

template <Isa isa>
const RmspropKernels& rmsprop_kernels();

}  // namespace strided
