#include "pointwise_loss.h"

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

using L = PointwiseLoss;

// Where t and 1 - t would multiply an infinite logarithm.
STRIDED_INLINE Vec limited(Vec log_value) { return max(set1(-100.0f), log_value); }

STRIDED_INLINE Vec clamp(Vec low, Vec high, Vec x) { return min(high, max(low, x)); }

STRIDED_INLINE Vec sign(Vec d) {
  return select(greater(d, zero()), set1(1.0f), select(greater(zero(), d), set1(-1.0f), zero()));
}

// 1 + (p - 1) t
STRIDED_INLINE Vec positive_factor(Vec t, Vec p) { return fma(sub(p, set1(1.0f)), t, set1(1.0f)); }

template <L op>
STRIDED_INLINE Vec value(Vec x, Vec t, Vec w, Vec p, Vec a) {
  const Vec one = set1(1.0f);
  const Vec half = set1(0.5f);
  const Vec d = sub(x, t);
  if constexpr (op == L::mse) {
    return mul(d, d);
  } else if constexpr (op == L::l1) {
    return abs(d);
  } else if constexpr (op == L::smooth_l1) {
    return select(greater(a, abs(d)), div(mul(mul(half, d), d), a), fnma(half, a, abs(d)));
  } else if constexpr (op == L::huber) {
    return select(greater(a, abs(d)), mul(mul(half, d), d), mul(a, fnma(half, a, abs(d))));
  } else if constexpr (op == L::bce) {
    const Vec other = mul(sub(t, one), limited(log1p(neg(x))));
    return mul(w, fnma(t, limited(log(x)), other));
  } else if constexpr (op == L::bce_with_logits) {
    const Vec linear = select(greater(zero(), x), neg(mul(mul(p, t), x)), mul(sub(one, t), x));
    return mul(w, fma(positive_factor(t, p), log1p_near(exp_fading(x)), linear));
  } else if constexpr (op == L::kl_div) {
    return mul(t, sub(select(equal(t, zero()), zero(), log(t)), x));
  } else {
    return mul(exp(t), sub(t, x));
  }
}

template <L op>
STRIDED_INLINE Vec input_slope(Vec x, Vec t, Vec w, Vec p, Vec a) {
  const Vec one = set1(1.0f);
  const Vec d = sub(x, t);
  if constexpr (op == L::mse) {
    return add(d, d);
  } else if constexpr (op == L::l1) {
    return sign(d);
  } else if constexpr (op == L::smooth_l1) {
    return clamp(set1(-1.0f), one, div(d, a));
  } else if constexpr (op == L::huber) {
    return clamp(neg(a), a, d);
  } else if constexpr (op == L::bce) {
    return mul(w, div(d, max(set1(1e-12f), mul(x, sub(one, x)))));
  } else if constexpr (op == L::bce_with_logits) {
    Vec other;
    const Vec s = sigmoid_pair(x, &other);
    return mul(w, fnma(mul(p, t), other, mul(sub(one, t), s)));
  } else if constexpr (op == L::kl_div) {
    return neg(t);
  } else {
    return neg(exp(t));
  }
}

template <L op>
STRIDED_INLINE Vec target_slope(Vec x, Vec t, Vec w, Vec p, Vec a) {
  const Vec one = set1(1.0f);
  if constexpr (op == L::bce) {
    return mul(w, sub(log1p(neg(x)), log(x)));
  } else if constexpr (op == L::bce_with_logits) {
    return mul(w, fma(sub(p, one), softplus(neg(x)), neg(x)));
  } else if constexpr (op == L::kl_div) {
    return add(log(t), sub(one, x));
  } else if constexpr (op == L::kl_div_log) {
    return mul(exp(t), add(one, sub(t, x)));
  } else {
    return neg(input_slope<op>(x, t, w, p, a));
  }
}

template <L op>
void each(int64_t size, float a, const LossInputs& in, float* output) {
  map(
      size, output, [a](Vec x, Vec t, Vec w, Vec p) STRIDED_LAMBDA_INLINE { return value<op>(x, t, w, p, set1(a)); },
      in.input, in.target, in.weight, in.pos_weight);
}

template <L op>
void grad_input(int64_t size, float a, const LossInputs& in, const float* grad_output, float* grad) {
  map(
      size, grad,
      [a](Vec x, Vec t, Vec w, Vec p, Vec g)
          STRIDED_LAMBDA_INLINE { return mul(input_slope<op>(x, t, w, p, set1(a)), g); },
      in.input, in.target, in.weight, in.pos_weight, grad_output);
}

template <L op>
void grad_target(int64_t size, float a, const LossInputs& in, const float* grad_output, float* grad) {
  map(
      size, grad,
      [a](Vec x, Vec t, Vec w, Vec p, Vec g)
          STRIDED_LAMBDA_INLINE { return mul(target_slope<op>(x, t, w, p, set1(a)), g); },
      in.input, in.target, in.weight, in.pos_weight, grad_output);
}

template <typename Table, L... ops>
constexpr Table table_of() {
  return {{each<ops>...}, {grad_input<ops>...}, {grad_target<ops>...}};
}

}  // namespace

template <>
const PointwiseLossKernels& pointwise_loss_kernels<kIsa>() {
  static constexpr PointwiseLossKernels kernels = table_of<PointwiseLossKernels, L::mse, L::l1, L::smooth_l1, L::huber,
                                                           L::bce, L::bce_with_logits, L::kl_div, L::kl_div_log>();
  return kernels;
}

}  // namespace strided
