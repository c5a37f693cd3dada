#include "adam.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void step(const AdamStep& s, int64_t size, float* param, const float* grad, float* average, float* square, float* top) {
  const Vec weight_decay = set1(s.weight_decay);
  const Vec shrink = set1(s.shrink);
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec p = mul(shrink, lanes.load(param + i));
    Vec d = lanes.load(grad + i);
    if (s.maximize) d = neg(d);
    if (s.weight_decay != 0) d = add(d, mul(weight_decay, p));
    const Vec m = add(mul(set1(s.beta1), lanes.load(average + i)), mul(set1(s.rest1), d));
    Vec v = add(mul(set1(s.beta2), lanes.load(square + i)), mul(set1(s.rest2), mul(d, d)));
    lanes.store(average + i, m);
    lanes.store(square + i, v);
    if (top != nullptr) {
      v = max(lanes.load(top + i), v);
      lanes.store(top + i, v);
    }
    const Vec ratio = div(m, add(mul(sqrt(v), set1(s.scale)), set1(s.eps)));
    lanes.store(param + i, sub(p, mul(set1(s.step_size), ratio)));
  });
}

}  // namespace

template <>
const AdamKernels& adam_kernels<kIsa>() {
  static constexpr AdamKernels kernels = {step};
  return kernels;
}

}  // namespace strided
