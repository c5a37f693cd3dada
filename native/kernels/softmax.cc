#include "softmax.h"

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

// Calls body(offset, mask) for each register of a row.
template <typename Body>
STRIDED_INLINE void for_row(int64_t size, Body body) {
  for (int64_t i = 0; i < size; i += kLanes) body(i, first_lanes(size - i < kLanes ? size - i : kLanes));
}

float row_max(int64_t size, const float* input) {
  float lanes[kLanes];
  Vec best = set1(-kInfinity);
  for_row(size, [&](int64_t i, Mask mask) STRIDED_LAMBDA_INLINE {
    const Vec x = select(mask, load(input + i, mask), set1(-kInfinity));
    best = select(is_nan(best), best, max(best, x));
  });
  store(lanes, best);
  float result = lanes[0];
  for (int i = 1; i < kLanes; i++) {
    if (lanes[i] > result || lanes[i] != lanes[i]) result = lanes[i];
  }
  return result;
}

float log_scalar(float value) {
  float lanes[kLanes];
  store(lanes, log(set1(value)));
  return lanes[0];
}

LogSumExp log_sum_exp(int64_t size, const float* input) {
  const float best = row_max(size, input);
  Vec sum = zero();
  for_row(size, [&](int64_t i, Mask mask) STRIDED_LAMBDA_INLINE {
    sum = add(sum, select(mask, exp(sub(load(input + i, mask), set1(best))), zero()));
  });
  return {best, log_scalar(reduce_add(sum))};
}

void softmax(int64_t size, const float* input, LogSumExp lse, float* output) {
  map(
      size, output, [lse](Vec x) { return exp(sub(sub(x, set1(lse.max)), set1(lse.log_sum))); }, input);
}

void log_softmax(int64_t size, const float* input, LogSumExp lse, float* output) {
  map(
      size, output, [lse](Vec x) { return sub(sub(x, set1(lse.max)), set1(lse.log_sum)); }, input);
}

void softmax_gradient(int64_t size, const float* output, const float* grad_output, float* grad_input) {
  Vec acc = zero();
  for_row(size, [&](int64_t i, Mask mask)
                    STRIDED_LAMBDA_INLINE { acc = fma(load(grad_output + i, mask), load(output + i, mask), acc); });
  const Vec dot = set1(reduce_add(acc));
  map(
      size, grad_input, [dot](Vec y, Vec g) { return mul(y, sub(g, dot)); }, output, grad_output);
}

void log_softmax_gradient(int64_t size, const float* output, const float* grad_output, float* grad_input) {
  Vec acc = zero();
  for_row(size, [&](int64_t i, Mask mask) STRIDED_LAMBDA_INLINE { acc = add(acc, load(grad_output + i, mask)); });
  const Vec sum = set1(reduce_add(acc));
  map(
      size, grad_input, [sum](Vec y, Vec g) { return fnma(exp(y), sum, g); }, output, grad_output);
}

void cross_entropy_gradient(int64_t size, const float* input, float lse, float scale, float smooth, const float* weight,
                            float* grad_input) {
  const Vec a = set1(scale);
  const Vec s = set1(smooth);
  if (weight == nullptr) {
    map(
        size, grad_input, [=](Vec x) { return sub(mul(a, exp(sub(x, set1(lse)))), s); }, input);
  } else {
    map(
        size, grad_input, [=](Vec x, Vec w) { return fnma(s, w, mul(a, exp(sub(x, set1(lse))))); }, input, weight);
  }
}

void columns_forward(int64_t size, int64_t stride, int64_t columns, bool log_form, const float* input, float* output) {
  for_row(columns, [&](int64_t j, Mask mask) STRIDED_LAMBDA_INLINE {
    Vec best = load(input + j, mask);
    for (int64_t k = 1; k < size; k++) {
      best = select(is_nan(best), best, max(best, load(input + k * stride + j, mask)));
    }
    Vec sum = zero();
    for (int64_t k = 0; k < size; k++) sum = add(sum, exp(sub(load(input + k * stride + j, mask), best)));
    const Vec log_sum = log(sum);
    for (int64_t k = 0; k < size; k++) {
      const Vec y = sub(sub(load(input + k * stride + j, mask), best), log_sum);
      store(output + k * stride + j, log_form ? y : exp(y), mask);
    }
  });
}

void columns_backward(int64_t size, int64_t stride, int64_t columns, bool log_form, const float* output,
                      const float* grad_output, float* grad_input) {
  for_row(columns, [&](int64_t j, Mask mask) STRIDED_LAMBDA_INLINE {
    Vec sum = zero();
    for (int64_t k = 0; k < size; k++) {
      const Vec g = load(grad_output + k * stride + j, mask);
      sum = log_form ? add(sum, g) : fma(g, load(output + k * stride + j, mask), sum);
    }
    for (int64_t k = 0; k < size; k++) {
      const Vec g = load(grad_output + k * stride + j, mask);
      const Vec y = load(output + k * stride + j, mask);
      store(grad_input + k * stride + j, log_form ? fnma(exp(y), sum, g) : mul(y, sub(g, sum)), mask);
    }
  });
}

}  // namespace

template <>
const SoftmaxKernels& softmax_kernels<kIsa>() {
  static constexpr SoftmaxKernels kernels = {
      log_sum_exp,     softmax,          log_softmax, softmax_gradient, log_softmax_gradient, cross_entropy_gradient,
      columns_forward, columns_backward,
  };
  return kernels;
}

}  // namespace strided
