#include "adagrad.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void step(const AdagradStep& s, int64_t size, float* param, const float* grad, float* sum) {
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec p = lanes.load(param + i);
    Vec d = lanes.load(grad + i);
    if (s.maximize) d = neg(d);
    if (s.weight_decay != 0) d = add(d, mul(set1(s.weight_decay), p));
    const Vec total = add(lanes.load(sum + i), mul(d, d));
    lanes.store(sum + i, total);
    lanes.store(param + i, sub(p, mul(set1(s.lr), div(d, add(sqrt(total), set1(s.eps))))));
  });
}

}  // namespace

template <>
const AdagradKernels& adagrad_kernels<kIsa>() {
  static constexpr AdagradKernels kernels = {step};
  return kernels;
}

}  // namespace strided
