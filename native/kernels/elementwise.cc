#include "elementwise.h"

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

void fill(int64_t size, float value, float* output) {
  map(
      size, output, [value](Vec) { return set1(value); }, output);
}

STRIDED_INLINE Vec apply(Unary op, Vec x) {
  switch (op) {
    case Unary::neg:
      return neg(x);
    case Unary::abs:
      return abs(x);
    case Unary::exp:
      return exp(x);
    case Unary::log:
      return log(x);
    case Unary::sqrt:
      return sqrt(x);
    case Unary::square:
      return mul(x, x);
    case Unary::reciprocal:
      return div(set1(1.0f), x);
    case Unary::sign:
      return select(greater(x, zero()), set1(1.0f), select(greater(zero(), x), set1(-1.0f), zero()));
    case Unary::floor:
      return floor(x);
  }
  return x;
}

// Lane by lane through the C library: powers of whole numbers must be exact, which exp(b log a) is not.
STRIDED_INLINE Vec pow(Vec a, Vec b) {
  float base[kLanes];
  float exponent[kLanes];
  store(base, a);
  store(exponent, b);
  for (int i = 0; i < kLanes; i++) base[i] = __builtin_powf(base[i], exponent[i]);
  return load(base);
}

STRIDED_INLINE Vec apply(Binary op, Vec a, Vec b) {
  switch (op) {
    case Binary::add:
      return add(a, b);
    case Binary::sub:
      return sub(a, b);
    case Binary::mul:
      return mul(a, b);
    case Binary::div:
      return div(a, b);
    case Binary::pow:
      return pow(a, b);
    case Binary::maximum:
      return select(is_nan(a), a, max(a, b));
    case Binary::minimum:
      return select(is_nan(a), a, min(a, b));
    case Binary::rsub:
      return sub(b, a);
    case Binary::rdiv:
      return div(b, a);
    case Binary::rpow:
      return pow(b, a);
  }
  return a;
}

template <Unary op>
void unary(int64_t size, const float* input, float* output) {
  map(
      size, output, [](Vec x) { return apply(op, x); }, input);
}

template <Binary op>
void binary(int64_t size, const float* a, const float* b, float* output) {
  map(
      size, output, [](Vec x, Vec y) { return apply(op, x, y); }, a, b);
}

template <Binary op>
void scalar(int64_t size, const float* a, float b, float* output) {
  map(
      size, output, [b](Vec x) { return apply(op, x, set1(b)); }, a);
}

}  // namespace

template <>
const ElementwiseKernels& elementwise_kernels<kIsa>() {
  static constexpr ElementwiseKernels kernels = {
      fill,
      {unary<Unary::neg>, unary<Unary::abs>, unary<Unary::exp>, unary<Unary::log>, unary<Unary::sqrt>,
       unary<Unary::square>, unary<Unary::reciprocal>, unary<Unary::sign>, unary<Unary::floor>},
      {binary<Binary::add>, binary<Binary::sub>, binary<Binary::mul>, binary<Binary::div>, binary<Binary::pow>,
       binary<Binary::maximum>, binary<Binary::minimum>, binary<Binary::rsub>, binary<Binary::rdiv>,
       binary<Binary::rpow>},
      {scalar<Binary::add>, scalar<Binary::sub>, scalar<Binary::mul>, scalar<Binary::div>, scalar<Binary::pow>,
       scalar<Binary::maximum>, scalar<Binary::minimum>, scalar<Binary::rsub>, scalar<Binary::rdiv>,
       scalar<Binary::rpow>},
  };
  return kernels;
}

}  // namespace strided
