#include "prelu.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void forward(int64_t size, const float* input, const float* weight, float* output) {
  map(
      size, output, [](Vec x, Vec w) { return select(greater(x, zero()), x, mul(x, w)); }, input, weight);
}

void backward(int64_t size, const float* input, const float* weight, const float* grad_output, float* grad_input,
              float* total) {
  if (total != nullptr) {
    map(
        size, total, [](Vec sum, Vec x, Vec g) { return select(greater(x, zero()), sum, fma(x, g, sum)); }, total,
        input, grad_output);
  }
  map(
      size, grad_input, [](Vec x, Vec w, Vec g) { return select(greater(x, zero()), g, mul(g, w)); }, input, weight,
      grad_output);
}

}  // namespace

template <>
const PreluKernels& prelu_kernels<kIsa>() {
  static constexpr PreluKernels kernels = {forward, backward};
  return kernels;
}

}  // namespace strided
