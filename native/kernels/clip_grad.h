// What clipping gradients needs of one stretch: its part of a norm, and the limit's effect on it.
//
//   sum_abs = sum |x|,  sum_squares = sum x²,  sum_powers = sum |x|^p,  max_abs = max |x|
//   scale: x = factor * x
//   clamp: x = min(limit, max(-limit, x))
//
// Edges    A NaN makes every sum and the maximum NaN, and stays through clamp. size may be 0: sums and maximum are 0.
// Layout   Any dense one.
// Slices   Elements [0, size); the caller offsets the pointers and adds the parts in order.
// Saved    nothing
// Aliasing values are updated in place.
// Cost     Memory bound but for sum_powers, a library call for each element.
// Source   Semantics of torch.nn.utils.clip_grad_norm_ and clip_grad_value_; Pascanu et al. 2013.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct ClipGradKernels {
  double (*sum_abs)(int64_t size, const float* values);
  double (*sum_squares)(int64_t size, const float* values);
  double (*sum_powers)(int64_t size, float p, const float* values);
  double (*max_abs)(int64_t size, const float* values);
  void (*scale)(int64_t size, float factor, float* values);
  void (*clamp)(int64_t size, float limit, float* values);
};

template <Isa isa>
const ClipGradKernels& clip_grad_kernels();

}  // namespace strided
