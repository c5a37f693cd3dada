#include "max_pool.h"

namespace strided {

bool fits_taps(const PoolProblem& p) { return p.d.kernel * p.h.kernel * p.w.kernel <= kNoTap; }

void max_pool_forward(const Context& context, const PoolProblem& p, bool relu, const float* input, float* output,
                      uint8_t* taps, int32_t* positions) {
  const PoolWindows windows(p, false);
  const int64_t rows = p.n * p.d.out * p.h.out;
  for_pool_slices(context, rows, p.w.out * p.c * windows.taps(), p.c, [&](const PoolSlice& slice) {
    context.kernels->max_pool.forward(windows.shape(), slice, relu, input, output, taps, positions);
  });
}

void max_pool_backward(const Context& context, const PoolProblem& p, const float* grad_output, const uint8_t* taps,
                       const int32_t* positions, float* grad_input) {
  const PoolWindows windows(p, true);
  for_pool_slices(context, p.n * p.d.in * p.h.in, p.w.in * p.c * 2, p.c, [&](const PoolSlice& slice) {
    context.kernels->max_pool.backward(windows.shape(), slice, grad_output, taps, positions, grad_input);
  });
}

}  // namespace strided
