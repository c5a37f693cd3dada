#include "ema.h"

#include "../simd/loop.h"

namespace strided {
namespace {

void step(int64_t size, float rest, float* average, const float* value) {
  const Vec share = set1(rest);
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec a = lanes.load(average + i);
    lanes.store(average + i, add(a, mul(share, sub(lanes.load(value + i), a))));
  });
}

}  // namespace

template <>
const EmaKernels& ema_kernels<kIsa>() {
  static constexpr EmaKernels kernels = {step};
  return kernels;
}

}  // namespace strided
