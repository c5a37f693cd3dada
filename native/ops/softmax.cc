#include "softmax.h"

#include <algorithm>

namespace strided {
namespace {

// An exponential costs as much as moving four floats.
constexpr int64_t kSlice = kStreamSlice / 4;

// Calls body(offset of row i) over all rows of an [outer, size] buffer.
template <typename Body>
void for_rows(const Context& context, int64_t outer, int64_t size, Body body) {
  const Slices rows(outer, std::max<int64_t>(1, kSlice / std::max<int64_t>(size, 1)));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t i = rows.begin(slice); i < rows.end(slice); i++) body(i * size);
  });
}

// Calls body(offset, columns) over groups of columns of an [outer, size, inner] buffer.
template <typename Body>
void for_columns(const Context& context, const SoftmaxProblem& p, Body body) {
  const Slices columns(p.inner, std::max<int64_t>(64, kSlice / p.size));
  context.parallel(p.outer * columns.count, [&](int64_t slice, int) {
    const int64_t begin = columns.begin(slice % columns.count);
    body(slice / columns.count * p.size * p.inner + begin, columns.end(slice % columns.count) - begin);
  });
}

}  // namespace

void softmax_forward(const Context& context, const SoftmaxProblem& p, const float* input, float* output) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  if (p.inner != 1) {
    return for_columns(context, p, [&](int64_t at, int64_t columns) {
      kernels.columns_forward(p.size, p.inner, columns, p.log, input + at, output + at);
    });
  }
  for_rows(context, p.outer, p.size, [&](int64_t at) {
    if (!p.log) return kernels.softmax(p.size, input + at, output + at);
    kernels.log_softmax(p.size, input + at, kernels.log_sum_exp(p.size, input + at), output + at);
  });
}

void softmax_backward(const Context& context, const SoftmaxProblem& p, const float* output, const float* grad_output,
                      float* grad_input) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  if (p.inner != 1) {
    return for_columns(context, p, [&](int64_t at, int64_t columns) {
      kernels.columns_backward(p.size, p.inner, columns, p.log, output + at, grad_output + at, grad_input + at);
    });
  }
  for_rows(context, p.outer, p.size, [&](int64_t at) {
    (p.log ? kernels.log_softmax_gradient : kernels.softmax_gradient)(p.size, output + at, grad_output + at,
                                                                      grad_input + at);
  });
}

}  // namespace strided
