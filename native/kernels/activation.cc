#include "activation.h"

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
constexpr float kSeluAlpha = 1.6732632423543772f;
constexpr float kSeluScale = 1.0507009873554805f;
constexpr float kCubic = 0.044715f;
constexpr float kSqrt8OverPi = 1.5957691216057308f;
constexpr float kDensity = 0.3989422804014327f;  // 1 / sqrt(2 pi)
// Where e^-|2 c (x + 0.044715 x³)| is 0 in float32.
constexpr float kGeluTanhLimit = 12.0f;

STRIDED_INLINE Mask positive_or_nan(Vec x) { return mask_or(greater(x, zero()), is_nan(x)); }

// max and min give their second argument when either is NaN.
STRIDED_INLINE Vec clamp(Vec low, Vec high, Vec x) { return min(high, max(low, x)); }

// What gelu_tanh passes to the sigmoid.
STRIDED_INLINE Vec gelu_tanh_argument(Vec x) {
  return mul(x, fma(mul(x, x), set1(kSqrt8OverPi * kCubic), set1(kSqrt8OverPi)));
}

// tanh log(1 + e^x) = m / n with u = e^-|x|, each written so that neither side overflows, and the derivative of that.
STRIDED_INLINE Vec mish_factor(Vec x, Vec* derivative) {
  const Vec u = exp_fading(x);
  const Mask negative = greater(zero(), x);
  const Vec one = set1(1.0f);
  const Vec m = select(negative, mul(u, add(u, set1(2.0f))), fma(u, set1(2.0f), one));
  const Vec rest = select(negative, one, mul(u, u));
  const Vec inverse = div(one, fma(rest, set1(2.0f), m));
  const Vec slope = mul(mul(set1(4.0f), u), mul(add(u, one), select(negative, one, u)));
  *derivative = mul(mul(slope, inverse), inverse);
  return mul(m, inverse);
}

template <Activation op>
STRIDED_INLINE Vec value(Vec x, Vec a, Vec b, Vec inverse_a) {
  const Vec one = set1(1.0f);
  Vec unused;
  if constexpr (op == Activation::leaky_relu) {
    return select(greater(x, zero()), x, mul(x, a));
  } else if constexpr (op == Activation::elu) {
    return select(greater(x, zero()), x, mul(a, expm1(x)));
  } else if constexpr (op == Activation::selu) {
    return mul(set1(kSeluScale), select(greater(x, zero()), x, mul(set1(kSeluAlpha), expm1(x))));
  } else if constexpr (op == Activation::celu) {
    return select(greater(x, zero()), x, mul(a, expm1(mul(x, inverse_a))));
  } else if constexpr (op == Activation::sigmoid) {
    return sigmoid(x);
  } else if constexpr (op == Activation::silu) {
    return div(x, add(one, exp(neg(x))));
  } else if constexpr (op == Activation::gelu) {
    return mul(x, normal_cdf(x, &unused));
  } else if constexpr (op == Activation::gelu_tanh) {
    const Vec near = clamp(set1(-kGeluTanhLimit), set1(kGeluTanhLimit), x);
    return div(x, add(one, exp(neg(gelu_tanh_argument(near)))));
  } else if constexpr (op == Activation::tanh) {
    return tanh(x);
  } else if constexpr (op == Activation::mish) {
    return mul(x, mish_factor(x, &unused));
  } else if constexpr (op == Activation::softplus) {
    const Vec z = mul(x, a);
    return select(greater(z, b), x, mul(softplus(z), inverse_a));
  } else if constexpr (op == Activation::softsign) {
    return div(x, add(one, abs(x)));
  } else if constexpr (op == Activation::hardsigmoid) {
    return mul(clamp(zero(), set1(6.0f), add(x, set1(3.0f))), set1(1.0f / 6.0f));
  } else if constexpr (op == Activation::hardswish) {
    return mul(x, mul(clamp(zero(), set1(6.0f), add(x, set1(3.0f))), set1(1.0f / 6.0f)));
  } else {
    return clamp(a, b, x);
  }
}

// With the output y: d elu = y + a below 0; d celu = y/a + 1; d σ = y (1 - y); d tanh = 1 - y²; d softsign = (1 -
// |y|)².
template <Activation op>
STRIDED_INLINE Vec gradient(Vec kept, Vec g, Vec a, Vec b, Vec inverse_a) {
  const Vec one = set1(1.0f);
  Vec other;
  if constexpr (op == Activation::leaky_relu) {
    return select(greater(kept, zero()), g, mul(g, a));
  } else if constexpr (op == Activation::elu) {
    return select(positive_or_nan(kept), g, mul(g, add(kept, a)));
  } else if constexpr (op == Activation::selu) {
    const Vec negative = mul(g, add(kept, set1(kSeluScale * kSeluAlpha)));
    return select(positive_or_nan(kept), mul(g, set1(kSeluScale)), negative);
  } else if constexpr (op == Activation::celu) {
    return select(positive_or_nan(kept), g, mul(g, fma(kept, inverse_a, one)));
  } else if constexpr (op == Activation::sigmoid) {
    return mul(mul(g, kept), sub(one, kept));
  } else if constexpr (op == Activation::silu) {
    const Vec s = sigmoid_pair(kept, &other);
    return mul(mul(g, s), fma(kept, other, one));
  } else if constexpr (op == Activation::gelu) {
    const Vec cdf = normal_cdf(kept, &other);
    return mul(g, fma(mul(kept, set1(kDensity)), other, cdf));
  } else if constexpr (op == Activation::gelu_tanh) {
    const Vec x = clamp(set1(-kGeluTanhLimit), set1(kGeluTanhLimit), kept);
    const Vec s = sigmoid_pair(gelu_tanh_argument(x), &other);
    const Vec slope = fma(mul(x, x), set1(3 * kSqrt8OverPi * kCubic), set1(kSqrt8OverPi));
    // s * other first: it fades faster than the other two factors grow.
    return mul(g, fma(mul(mul(s, other), kept), slope, s));
  } else if constexpr (op == Activation::tanh) {
    return mul(g, mul(sub(one, kept), add(one, kept)));
  } else if constexpr (op == Activation::mish) {
    const Vec factor = mish_factor(kept, &other);
    return mul(g, fma(kept, other, factor));
  } else if constexpr (op == Activation::softplus) {
    const Vec z = mul(kept, a);
    return select(greater(z, b), g, mul(g, sigmoid(z)));
  } else if constexpr (op == Activation::softsign) {
    const Vec rest = sub(one, abs(kept));
    return mul(g, mul(rest, rest));
  } else if constexpr (op == Activation::hardsigmoid) {
    const Vec inside = select(greater(one, kept), mul(g, set1(1.0f / 6.0f)), zero());
    return select(greater(kept, zero()), inside, zero());
  } else if constexpr (op == Activation::hardswish) {
    const Vec inside = mul(g, fma(kept, set1(1.0f / 3.0f), set1(0.5f)));
    const Vec upper = select(mask_or(greater(kept, set1(3.0f)), is_nan(kept)), g, inside);
    return select(greater(set1(-3.0f), kept), zero(), upper);
  } else {
    const Mask inside = mask_and_not(greater(kept, a), mask_or(greater(kept, b), equal(kept, b)));
    return select(mask_or(inside, is_nan(kept)), g, zero());
  }
}

template <Activation op>
void forward(int64_t size, float a, float b, const float* input, float* output) {
  const Vec inverse_a = set1(1.0f / a);
  map(
      size, output, [=](Vec x) STRIDED_LAMBDA_INLINE { return value<op>(x, set1(a), set1(b), inverse_a); }, input);
}

template <Activation op>
void backward(int64_t size, float a, float b, const float* kept, const float* grad_output, float* grad_input) {
  if constexpr (op == Activation::elu) {
    // The output of a < 0 is positive on both sides.
    if (a < 0) {
      return map(
          size, grad_input,
          [=](Vec x, Vec g)
              STRIDED_LAMBDA_INLINE { return select(positive_or_nan(x), g, mul(g, mul(set1(a), exp(x)))); },
          kept, grad_output);
    }
  }
  const Vec inverse_a = set1(1.0f / a);
  map(
      size, grad_input,
      [=](Vec y, Vec g) STRIDED_LAMBDA_INLINE { return gradient<op>(y, g, set1(a), set1(b), inverse_a); }, kept,
      grad_output);
}

template <typename Table, Activation... ops>
constexpr Table table_of() {
  return {{forward<ops>...}, {backward<ops>...}};
}

}  // namespace

template <>
const ActivationKernels& activation_kernels<kIsa>() {
  using A = Activation;
  static constexpr ActivationKernels kernels =
      table_of<ActivationKernels, A::leaky_relu, A::elu, A::selu, A::celu, A::sigmoid, A::silu, A::gelu, A::gelu_tanh,
               A::tanh, A::mish, A::softplus, A::softsign, A::hardsigmoid, A::hardswish, A::hardtanh>();
  return kernels;
}

}  // namespace strided
