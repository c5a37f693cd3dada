#include "rmsprop.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void step(const RmspropStep& s, int64_t size, float* param, const float* grad, float* square, float* average,
          float* buffer) {
  const Vec alpha = set1(s.alpha);
  const Vec rest = set1(s.rest);
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec p = lanes.load(param + i);
    Vec d = lanes.load(grad + i);
    if (s.maximize) d = neg(d);
    if (s.weight_decay != 0) d = add(d, mul(set1(s.weight_decay), p));
    Vec variance = add(mul(alpha, lanes.load(square + i)), mul(rest, mul(d, d)));
    lanes.store(square + i, variance);
    if (average != nullptr) {
      const Vec mean = add(mul(alpha, lanes.load(average + i)), mul(rest, d));
      lanes.store(average + i, mean);
      // 0 first: max passes on its second argument when that is NaN.
      variance = max(zero(), sub(variance, mul(mean, mean)));
    }
    d = div(d, add(sqrt(variance), set1(s.eps)));
    if (buffer != nullptr) {
      d = add(mul(set1(s.momentum), lanes.load(buffer + i)), d);
      lanes.store(buffer + i, d);
    }
    lanes.store(param + i, sub(p, mul(set1(s.lr), d)));
  });
}

}  // namespace

template <>
const RmspropKernels& rmsprop_kernels<kIsa>() {
  static constexpr RmspropKernels kernels = {step};
  return kernels;
}

}  // namespace strided
