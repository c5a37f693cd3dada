#include "max_pool2d.h"

#include <algorithm>

namespace strided {

void max_pool2d_forward(const Context& context, const MaxPool2dShape& s, const float* input, float* output,
                        int32_t* argmax) {
  const Slices rows(s.n * s.oh, std::max<int64_t>(1, kStreamSlice / (s.ow * s.c * s.kh * s.kw)));
  context.parallel(rows.count, [&](int64_t i, int) {
    context.kernels->max_pool2d.forward(s, rows.begin(i), rows.end(i), input, output, argmax);
  });
}

void max_pool2d_backward(const Context& context, const MaxPool2dShape& s, const float* grad_output,
                         const int32_t* argmax, float* grad_input) {
  const Slices rows(s.n * s.ih, std::max<int64_t>(1, kStreamSlice / (s.iw * s.c * 2)));
  context.parallel(rows.count, [&](int64_t i, int) {
    context.kernels->max_pool2d.backward(s, rows.begin(i), rows.end(i), grad_output, argmax, grad_input);
  });
}

}  // namespace strided
