#include "avg_pool.h"

namespace strided {
namespace {

float scale_of(const AvgDivisor& divisor) { return divisor.value == 0 ? 0.0f : static_cast<float>(1 / divisor.value); }

}  // namespace

void avg_pool_forward(const Context& context, const PoolProblem& p, const AvgDivisor& divisor, const float* input,
                      float* output) {
  const PoolWindows windows(p, false, divisor.counted);
  const float scale = scale_of(divisor);
  const int64_t rows = p.n * p.d.out * p.h.out, work = p.w.out * p.c * windows.taps();
  for_pool_slices(context, rows, work, p.c, false, [&](const PoolSlice& slice) {
    context.kernels->avg_pool.forward(windows.shape(), slice, scale, input, output);
  });
}

void avg_pool_backward(const Context& context, const PoolProblem& p, const AvgDivisor& divisor,
                       const float* grad_output, float* grad_input) {
  const PoolWindows windows(p, true, divisor.counted);
  const float scale = scale_of(divisor);
  const bool streamed = streams(p, grad_input);
  for_pool_slices(context, p.n * p.d.in * p.h.in, p.w.in * p.c * 2, p.c, streamed, [&](const PoolSlice& slice) {
    context.kernels->avg_pool.backward(windows.shape(), slice, scale, grad_output, grad_input);
  });
}

}  // namespace strided
