#include "prelu.h"

#include <algorithm>

#include "repeated_row.h"

namespace strided {
namespace {

// Rows of the repeated weights in a slice. A sum over a slice is kept in float32: some hundred terms each.
Slices row_slices(int64_t size, int64_t width) {
  return {ceil_div(size, width), std::max<int64_t>(1, kStreamSlice / width)};
}

}  // namespace

void prelu_forward(const Context& context, const PreluProblem& p, const float* input, const float* weight,
                   float* output) {
  const int64_t size = p.rows * p.c;
  const RepeatedRow row(context, weight, p.c, size);
  const Slices rows = row_slices(size, row.width());
  context.parallel(rows.count, [&](int64_t i, int) {
    const int64_t end = std::min(size, rows.end(i) * row.width());
    row.for_parts(rows.begin(i) * row.width(), end, [&](int64_t at, int64_t offset, int64_t length) {
      context.kernels->prelu.forward(length, input + at, row.get() + offset, output + at);
    });
  });
}

void prelu_backward(const Context& context, const PreluProblem& p, const float* input, const float* weight,
                    const float* grad_output, float* grad_input, float* grad_weight) {
  const int64_t size = p.rows * p.c;
  const RepeatedRow row(context, weight, p.c, size);
  const int64_t width = row.width();
  const Slices rows = row_slices(size, width);
  const Workspace<float> totals(context, grad_weight == nullptr ? 0 : rows.count * width);
  context.parallel(rows.count, [&](int64_t i, int) {
    float* total = grad_weight == nullptr ? nullptr : totals.get() + i * width;
    if (total != nullptr) std::fill_n(total, width, 0.0f);
    const int64_t end = std::min(size, rows.end(i) * width);
    row.for_parts(rows.begin(i) * width, end, [&](int64_t at, int64_t offset, int64_t length) {
      context.kernels->prelu.backward(length, input + at, row.get() + offset, grad_output + at, grad_input + at,
                                      total == nullptr ? nullptr : total + offset);
    });
  });
  if (grad_weight == nullptr) return;
  for (int64_t c = 0; c < p.c; c++) {
    double sum = 0;
    for (int64_t i = c; i < rows.count * width; i += p.c) sum += totals.get()[i];
    grad_weight[c] = static_cast<float>(sum);
  }
}

}  // namespace strided
