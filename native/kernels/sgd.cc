#include "sgd.h"

#include "../simd/vec.h"

namespace strided {
namespace {

void step(const SgdStep& s, int64_t size, float* param, const float* grad, float* buffer) {
  const Vec lr = set1(s.lr);
  const Vec momentum = set1(s.momentum);
  const Vec undamped = set1(s.undamped);
  const Vec weight_decay = set1(s.weight_decay);
  for (int64_t i = 0; i < size; i += kLanes) {
    const Mask mask = first_lanes(size - i < kLanes ? size - i : kLanes);
    const Vec p = load(param + i, mask);
    Vec d = load(grad + i, mask);
    if (s.maximize) d = neg(d);
    if (s.weight_decay != 0) d = add(d, mul(weight_decay, p));
    if (buffer != nullptr) {
      const Vec b = s.first ? d : add(mul(momentum, load(buffer + i, mask)), mul(undamped, d));
      store(buffer + i, b, mask);
      d = s.nesterov ? add(d, mul(momentum, b)) : b;
    }
    store(param + i, sub(p, mul(lr, d)), mask);
  }
}

}  // namespace

template <>
const SgdKernels& sgd_kernels<kIsa>() {
  static constexpr SgdKernels kernels = {step};
  return kernels;
}

}  // namespace strided
