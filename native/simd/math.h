// Elementary functions on Vec, good to about 2 units in the last place. Denormal arguments count as 0, NaN passes
// through.
#pragma once

#include "vec.h"

namespace strided {
namespace {

constexpr float kInfinity = __builtin_inff();

// e^x = 2^n * e^r with n = round(x / ln 2), |r| <= ln(2)/2. ln 2 is split in two, so that n * ln2_high is exact (Cody
// and Waite); the polynomial is the minimax one of degree 6 with its first two terms fixed at 1 + r. Gives n, r and
// p with e^r = 1 + r + r² p, for -106 < x < 90.
STRIDED_INLINE Vec exp_parts(Vec x, Vec* r_out, Vec* p_out) {
  const Vec n = round(mul(x, set1(1.44269504f)));
  Vec r = fnma(n, set1(0.693359375f), x);
  r = fnma(n, set1(-2.12194440e-4f), r);
  Vec p = set1(1.9875691500e-4f);
  p = fma(p, r, set1(1.3981999507e-3f));
  p = fma(p, r, set1(8.3334519073e-3f));
  p = fma(p, r, set1(4.1665795894e-2f));
  p = fma(p, r, set1(1.6666665459e-1f));
  p = fma(p, r, set1(5.0000001201e-1f));
  *r_out = r;
  *p_out = p;
  return n;
}

// Beyond these e^x is flushed to 0, or infinite; a NaN stands second in min and max, and passes through.
STRIDED_INLINE Vec not_below_exp(Vec x) { return max(set1(-104.0f), x); }
STRIDED_INLINE Vec not_above_exp(Vec x) { return min(set1(128.0f * 0.693147181f + 1.0f), x); }

// For -106 < x < 90.
STRIDED_INLINE Vec exp_inside(Vec x) {
  Vec r;
  Vec p;
  const Vec n = exp_parts(x, &r, &p);
  return scale2(fma(mul(r, r), p, add(r, set1(1.0f))), n);
}

STRIDED_INLINE Vec exp(Vec x) { return exp_inside(not_below_exp(not_above_exp(x))); }

// e^-|x|
STRIDED_INLINE Vec exp_fading(Vec x) { return exp_inside(not_below_exp(neg(abs(x)))); }

// e^x - 1 without the cancellation near 0, where n is 0 and the 1 never comes in.
STRIDED_INLINE Vec expm1(Vec x) {
  Vec r;
  Vec p;
  const Vec n = exp_parts(not_below_exp(not_above_exp(x)), &r, &p);
  const Vec near = fma(mul(r, r), p, r);
  const Vec far = sub(scale2(add(near, set1(1.0f)), n), set1(1.0f));
  return select(equal(n, zero()), near, far);
}

// log x = log m + e ln 2 with m in [sqrt(1/2), sqrt 2); log m by a polynomial in m - 1 (Cephes, logf).
STRIDED_INLINE Vec log(Vec x) {
  Vec e;
  Vec m = split_exponent(x, &e);  // m in [1/2, 1)
  const Mask small = greater(set1(0.707106781f), m);
  e = select(small, sub(e, set1(1.0f)), e);
  m = sub(select(small, add(m, m), m), set1(1.0f));
  const Vec z = mul(m, m);
  Vec p = set1(7.0376836292e-2f);
  p = fma(p, m, set1(-1.1514610310e-1f));
  p = fma(p, m, set1(1.1676998740e-1f));
  p = fma(p, m, set1(-1.2420140846e-1f));
  p = fma(p, m, set1(1.4249322787e-1f));
  p = fma(p, m, set1(-1.6668057665e-1f));
  p = fma(p, m, set1(2.0000714765e-1f));
  p = fma(p, m, set1(-2.4999993993e-1f));
  p = fma(p, m, set1(3.3333331174e-1f));
  Vec y = mul(mul(p, m), z);
  y = fma(e, set1(-2.12194440e-4f), y);
  y = fma(z, set1(-0.5f), y);
  y = add(m, y);
  y = fma(e, set1(0.693359375f), y);
  y = select(equal(x, zero()), set1(-kInfinity), y);
  y = select(equal(x, set1(kInfinity)), x, y);
  // Negative or NaN.
  const Mask invalid = mask_or(greater(zero(), x), is_nan(x));
  return select(invalid, set1(__builtin_nanf("")), y);
}

// log(1 + u) = 2 artanh s with s = u / (2 + u), for u in [-1/2, 1]; the odd series in s by a minimax polynomial in s²,
// of error 5e-9.
STRIDED_INLINE Vec log1p_near(Vec u) {
  const Vec s = div(u, add(u, set1(2.0f)));
  const Vec z = mul(s, s);
  Vec p = set1(0.28024466f);
  p = fma(p, z, set1(0.27999139f));
  p = fma(p, z, set1(0.40021699f));
  p = fma(p, z, set1(0.66666413f));
  return fma(mul(s, z), p, add(s, s));
}

// log(1 + u) for u <= 1: below -1/2 the sum is exact, as 1 and u are within a factor of 2 of each other.
STRIDED_INLINE Vec log1p(Vec u) { return select(greater(u, set1(-0.5f)), log1p_near(u), log(add(u, set1(1.0f)))); }

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses a small e^x.
STRIDED_INLINE Vec softplus(Vec x) { return add(max(zero(), x), log1p_near(exp_fading(x))); }

// The sigmoid of x and that of -x; 1 minus either would lose the digits of the smaller one.
STRIDED_INLINE Vec sigmoid_pair(Vec x, Vec* other) {
  const Vec u = exp_fading(x);
  const Vec large = div(set1(1.0f), add(u, set1(1.0f)));
  const Vec small = mul(u, large);
  const Mask negative = greater(zero(), x);
  *other = select(negative, large, small);
  return select(negative, small, large);
}

// Below this the tail of the normal distribution is 0 in float32.
constexpr float kNormalLimit = 14.5f;

// The normal distribution's P(X <= x), and sqrt(2 pi) times its density, e^(-x²/2). With a = |x| the tail is
// e^(-a²/2) * k * p(k), k = 1 / (1 + 0.345 a); p is the minimax polynomial for the relative error on [0, 14.5], which
// is 2.3e-8, and 0.345 the number for which degree 8 comes closest. The rounding of a² costs the tail
// a²/2 times as much.
STRIDED_INLINE Vec normal_cdf(Vec x, Vec* density) {
  const Vec a = min(set1(kNormalLimit), abs(x));
  const Vec e = exp_inside(mul(mul(a, a), set1(-0.5f)));
  const Vec k = div(set1(1.0f), fma(a, set1(0.345f), set1(1.0f)));
  Vec p = set1(-0.0281518040f);
  p = fma(p, k, set1(0.144233609f));
  p = fma(p, k, set1(-0.269153589f));
  p = fma(p, k, set1(0.185054661f));
  p = fma(p, k, set1(-0.0362379399f));
  p = fma(p, k, set1(0.111267723f));
  p = fma(p, k, set1(0.117361990f));
  p = fma(p, k, set1(0.138005241f));
  p = fma(p, k, set1(0.137620113f));
  const Vec tail = mul(mul(e, k), p);
  *density = e;
  return select(greater(x, zero()), sub(set1(1.0f), tail), tail);
}

STRIDED_INLINE Vec sigmoid(Vec x) { return div(set1(1.0f), add(set1(1.0f), exp(neg(x)))); }

// Near 0 by an odd polynomial, since 1 - 2 / (e^2x + 1) cancels there (Cephes, tanhf).
STRIDED_INLINE Vec tanh(Vec x) {
  const Vec z = mul(x, x);
  Vec p = set1(-5.70498872745e-3f);
  p = fma(p, z, set1(2.06390887954e-2f));
  p = fma(p, z, set1(-5.37397155531e-2f));
  p = fma(p, z, set1(1.33314422036e-1f));
  p = fma(p, z, set1(-3.33332819422e-1f));
  const Vec near = fma(mul(p, z), x, x);
  const Vec a = abs(x);
  const Vec far = sub(set1(1.0f), div(set1(2.0f), add(exp(add(a, a)), set1(1.0f))));
  const Vec signed_far = select(greater(zero(), x), neg(far), far);
  return select(greater(a, set1(0.625f)), signed_far, near);
}

}  // namespace
}  // namespace strided
