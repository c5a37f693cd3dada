#include "softmax.h"

#include "../simd/loop.h"
#include "../simd/math.h"
#include "softmax_columns.h"

namespace strided {
namespace {

// Calls body(offset, mask) for each register of a row.
template <typename Body>
STRIDED_INLINE void for_row(int64_t size, Body body) {
  for (int64_t i = 0; i < size; i += kLanes) body(i, first_lanes(size - i < kLanes ? size - i : kLanes));
}

// A NaN may be lost here: it comes back in the sum of exponentials.
float row_max(int64_t size, const float* input) {
  Vec best[4] = {set1(-kInfinity), set1(-kInfinity), set1(-kInfinity), set1(-kInfinity)};
  int64_t i = 0;
  for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) best[u] = max(load(input + i + u * kLanes), best[u]);
  }
  for_row(size - i, [&](int64_t k, Mask mask) STRIDED_LAMBDA_INLINE {
    best[0] = max(select(mask, load(input + i + k, mask), set1(-kInfinity)), best[0]);
  });
  return reduce_max(max(max(best[0], best[1]), max(best[2], best[3])));
}

float log_scalar(float value) {
  float lanes[kLanes];
  store(lanes, log(set1(value)));
  return lanes[0];
}

LogSumExp log_sum_exp(int64_t size, const float* input) {
  const float best = row_max(size, input);
  const double sum = sum_terms(
      size, [best](Vec x) STRIDED_LAMBDA_INLINE { return exp(sub(x, set1(best))); }, input);
  return {best, log_scalar(static_cast<float>(sum))};
}

void softmax(int64_t size, const float* input, float* output) {
  const Vec best = set1(row_max(size, input));
  map(
      size, output, [best](Vec x) STRIDED_LAMBDA_INLINE { return exp(sub(x, best)); }, input);
  const double sum = sum_terms(
      size, [](Vec e) { return e; }, output);
  const Vec inverse = set1(static_cast<float>(1 / sum));
  map(
      size, output, [inverse](Vec e) { return mul(e, inverse); }, output);
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

// weight * (keep * target + smooth) of each element, by the inputs that there are.
template <typename Run>
STRIDED_INLINE void with_mixture(const float* target, float keep, float smooth, const float* weight, Run run) {
  const Vec k = set1(keep);
  const Vec s = set1(smooth);
  if (target != nullptr && weight != nullptr) {
    run([=](Vec t, Vec w) { return mul(w, fma(k, t, s)); }, target, weight);
  } else if (target != nullptr) {
    run([=](Vec t) { return fma(k, t, s); }, target);
  } else if (weight != nullptr) {
    run([=](Vec w) { return mul(w, s); }, weight);
  } else {
    run([=]() { return s; });
  }
}

double mixed_loss(int64_t size, const float* input, LogSumExp lse, const float* target, float keep, float smooth,
                  const float* weight) {
  double total = 0;
  with_mixture(target, keep, smooth, weight, [&](auto share, auto... from) STRIDED_LAMBDA_INLINE {
    total = sum_terms(
        size,
        [=](Vec x, auto... t)
            STRIDED_LAMBDA_INLINE { return mul(share(t...), add(sub(set1(lse.max), x), set1(lse.log_sum))); },
        input, from...);
  });
  return total;
}

double mixed_total(int64_t size, const float* target, float keep, float smooth, const float* weight) {
  double total = static_cast<double>(smooth) * static_cast<double>(size);
  with_mixture(target, keep, smooth, weight, [&](auto share, auto... from) STRIDED_LAMBDA_INLINE {
    if constexpr (sizeof...(from) > 0) total = sum_terms(size, share, from...);
  });
  return total;
}

void mixed_gradient(int64_t size, const float* input, LogSumExp lse, const float* target, float keep, float smooth,
                    const float* weight, float scale, float factor, float* grad_input) {
  with_mixture(target, keep, smooth, weight, [&](auto share, auto... from) STRIDED_LAMBDA_INLINE {
    map(
        size, grad_input,
        [=](Vec x, auto... t) STRIDED_LAMBDA_INLINE {
          const Vec p = exp(sub(sub(x, set1(lse.max)), set1(lse.log_sum)));
          return fnma(set1(factor), share(t...), mul(set1(scale), p));
        },
        input, from...);
  });
}

void target_gradient(int64_t size, const float* input, LogSumExp lse, const float* weight, float factor,
                     float* grad_target) {
  with_mixture(nullptr, 0.0f, factor, weight, [&](auto share, auto... from) STRIDED_LAMBDA_INLINE {
    map(
        size, grad_target,
        [=](Vec x, auto... w)
            STRIDED_LAMBDA_INLINE { return mul(share(w...), add(sub(set1(lse.max), x), set1(lse.log_sum))); },
        input, from...);
  });
}

void columns_forward(int64_t size, int64_t stride, int64_t columns, bool log_form, const float* input, float* output) {
  (log_form ? columns_softmax<true> : columns_softmax<false>)(size, stride, columns, input, output);
}

void columns_backward(int64_t size, int64_t stride, int64_t columns, bool log_form, const float* output,
                      const float* grad_output, float* grad_input) {
  const auto run = log_form ? columns_gradient<true> : columns_gradient<false>;
  run(size, stride, columns, output, grad_output, grad_input);
}

}  // namespace

template <>
const SoftmaxKernels& softmax_kernels<kIsa>() {
  static constexpr SoftmaxKernels kernels = {
      log_sum_exp, softmax,        log_softmax,     softmax_gradient, log_softmax_gradient, mixed_loss,
      mixed_total, mixed_gradient, target_gradient, columns_forward,  columns_backward,
  };
  return kernels;
}

}  // namespace strided
