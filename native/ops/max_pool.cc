#include "max_pool.h"

#include <algorithm>
#include <cstring>

namespace strided {

namespace {

// Adds every gradient at its position, a slice being one image's channels or, where there are few images, 16 of them.
void to_positions(const Context& context, const PoolProblem& p, const float* grad_output, const int32_t* positions,
                  float* grad_input) {
  const int64_t parts = p.n < 8 ? ceil_div(p.c, 16) : 1;
  context.parallel(p.n * parts, [&](int64_t slice, int) {
    const int64_t n = slice / parts, begin = slice % parts * 16;
    const int64_t end = parts == 1 ? p.c : std::min(p.c, begin + 16);
    float* image = grad_input + n * p.inputs() * p.c;
    if (parts == 1) {
      std::memset(image, 0, static_cast<size_t>(p.inputs() * p.c) * sizeof(float));
    } else {
      for (int64_t i = 0; i < p.inputs(); i++) std::fill(image + i * p.c + begin, image + i * p.c + end, 0.0f);
    }
    for (int64_t window = 0; window < p.outputs(); window++) {
      const int64_t out = (n * p.outputs() + window) * p.c;
      for (int64_t c = begin; c < end; c++) {
        const int32_t position = positions[out + c];
        if (position >= 0 && position < p.inputs()) image[position * p.c + c] += grad_output[out + c];
      }
    }
  });
}

}  // namespace

bool fits_taps(const PoolProblem& p) { return p.d.kernel * p.h.kernel * p.w.kernel <= kNoTap; }

void max_pool_forward(const Context& context, const PoolProblem& p, bool relu, const float* input, float* output,
                      uint8_t* taps, int32_t* positions) {
  const PoolWindows windows(p, false);
  const int64_t rows = p.n * p.d.out * p.h.out, work = p.w.out * p.c * windows.taps();
  for_pool_slices(context, rows, work, p.c, false, [&](const PoolSlice& slice) {
    context.kernels->max_pool.forward(windows.shape(), slice, relu, input, output, taps, positions);
  });
}

void max_pool_backward(const Context& context, const PoolProblem& p, const float* grad_output, const uint8_t* taps,
                       const int32_t* positions, float* grad_input) {
  // Asking every tap of a window whether it won costs more than going to the winner once there are a few.
  constexpr int64_t kFewTaps = 32;
  const PoolWindows windows(p, true);
  const bool whole = positions != nullptr && p.outputs() == 1;
  if (positions != nullptr && windows.taps() > kFewTaps && !whole) {
    return to_positions(context, p, grad_output, positions, grad_input);
  }
  const bool streamed = streams(p, grad_input);
  for_pool_slices(context, p.n * p.d.in * p.h.in, p.w.in * p.c * 2, p.c, streamed, [&](const PoolSlice& slice) {
    const MaxPoolKernels& kernels = context.kernels->max_pool;
    if (whole) return kernels.backward_whole(windows.shape(), slice, grad_output, positions, grad_input);
    kernels.backward(windows.shape(), slice, grad_output, taps, positions, grad_input);
  });
}

}  // namespace strided
