#include "activation.h"

namespace strided {
namespace {

// An exponential costs as much as moving four floats.
constexpr int64_t kSlice = kStreamSlice / 4;

}  // namespace

void activation_forward(const Context& context, Activation op, float a, float b, int64_t size, const float* input,
                        float* output) {
  const auto kernel = context.kernels->activation.forward[static_cast<int>(op)];
  const Slices slices = stream_slices(size, kSlice);
  context.parallel(slices.count, [&](int64_t i, int) {
    const int64_t begin = slices.begin(i);
    kernel(slices.end(i) - begin, a, b, input + begin, output + begin);
  });
}

void activation_backward(const Context& context, Activation op, float a, float b, int64_t size, const float* kept,
                         const float* grad_output, float* grad_input) {
  const auto kernel = context.kernels->activation.backward[static_cast<int>(op)];
  const Slices slices = stream_slices(size, kSlice);
  context.parallel(slices.count, [&](int64_t i, int) {
    const int64_t begin = slices.begin(i);
    kernel(slices.end(i) - begin, a, b, kept + begin, grad_output + begin, grad_input + begin);
  });
}

}  // namespace strided
