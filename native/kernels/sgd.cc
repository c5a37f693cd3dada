#include "sgd.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void step(const SgdStep& s, int64_t size, float* param, const float* grad, float* buffer) {
  const Vec lr = set1(s.lr);
  const Vec momentum = set1(s.momentum);
  const Vec undamped = set1(s.undamped);
  const Vec weight_decay = set1(s.weight_decay);
  const Vec shrink = set1(s.shrink);
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec p = mul(shrink, lanes.load(param + i));
    Vec d = lanes.load(grad + i);
    if (s.maximize) d = neg(d);
    if (s.weight_decay != 0) d = add(d, mul(weight_decay, p));
    if (buffer != nullptr) {
      const Vec b = s.first ? d : add(mul(momentum, lanes.load(buffer + i)), mul(undamped, d));
      lanes.store(buffer + i, b);
      d = s.nesterov ? add(d, mul(momentum, b)) : b;
    }
    lanes.store(param + i, sub(p, mul(lr, d)));
  });
}

}  // namespace

template <>
const SgdKernels& sgd_kernels<kIsa>() {
  static constexpr SgdKernels kernels = {step};
  return kernels;
}

}  // namespace strided
