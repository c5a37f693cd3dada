#include "relu.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void forward(int64_t size, const float* input, float* output) {
  // max(a, b) is b when either is NaN: the input must stand second.
  map(
      size, output, [](Vec x) { return max(zero(), x); }, input);
}

void backward(int64_t size, const float* output, const float* grad_output, float* grad_input) {
  map(
      size, grad_input, [](Vec y, Vec g) { return select(mask_or(greater(y, zero()), is_nan(y)), g, zero()); }, output,
      grad_output);
}

}  // namespace

template <>
const ReluKernels& relu_kernels<kIsa>() {
  static constexpr ReluKernels kernels = {forward, backward};
  return kernels;
}

}  // namespace strided
