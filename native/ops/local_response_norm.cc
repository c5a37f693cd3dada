#include "local_response_norm.h"

#include <algorithm>

namespace strided {
namespace {

LocalResponse local(const LocalResponseNormProblem& p) {
  return {p.c, p.size, static_cast<float>(p.alpha / static_cast<double>(p.size)), static_cast<float>(p.beta),
          static_cast<float>(p.k)};
}

// Runs body(first row, rows, scratch of `areas` groups of padded rows) over slices of the rows.
template <typename Body>
void over_rows(const Context& context, const LocalResponseNormProblem& p, int64_t areas, Body body) {
  // A logarithm and an exponential cost as much as moving eight floats.
  const Slices slices(p.rows, std::max<int64_t>(1, kStreamSlice / 8 / p.c));
  const int64_t floats = areas * kLocalResponseRows * (p.c + p.size);
  const ThreadWorkspace<float> scratch(context, floats);
  // The zeros around the rows are never written.
  for (int thread = 0; thread < context.threads; thread++) std::fill_n(scratch.get(thread), floats, 0.0f);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    const int64_t begin = slices.begin(slice);
    body(begin, slices.end(slice) - begin, scratch.get(thread));
  });
}

}  // namespace

void local_response_norm_forward(const Context& context, const LocalResponseNormProblem& p, const float* input,
                                 float* output) {
  const LocalResponse problem = local(p);
  over_rows(context, p, 1, [&](int64_t row, int64_t rows, float* scratch) {
    context.kernels->local_response_norm.forward(problem, rows, input + row * p.c, scratch, output + row * p.c);
  });
}

void local_response_norm_backward(const Context& context, const LocalResponseNormProblem& p, const float* input,
                                  const float* grad_output, float* grad_input) {
  const LocalResponse problem = local(p);
  over_rows(context, p, 2, [&](int64_t row, int64_t rows, float* scratch) {
    const int64_t at = row * p.c;
    context.kernels->local_response_norm.backward(problem, rows, input + at, grad_output + at, scratch,
                                                  grad_input + at);
  });
}

}  // namespace strided
