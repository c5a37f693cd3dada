// Elementary functions on Vec, good to about 2 units in the last place. Denormal arguments count as 0.
#pragma once

#include "vec.h"

namespace strided {
namespace {

constexpr float kInfinity = __builtin_inff();

// e^x = 2^n * e^r with n = round(x / ln 2), |r| <= ln(2)/2. ln 2 is split in two, so that n * ln2_high is exact (Cody
// and Waite); the polynomial is the minimax one of degree 6 with its first two terms fixed at 1 + r.
STRIDED_INLINE Vec exp(Vec x) {
  // Beyond these the result is infinite or flushed to 0; a NaN stands second in min and max, and passes through.
  x = min(set1(128.0f * 0.693147181f + 1.0f), x);
  x = max(set1(-104.0f), x);
  const Vec n = round(mul(x, set1(1.44269504f)));
  Vec r = fnma(n, set1(0.693359375f), x);
  r = fnma(n, set1(-2.12194440e-4f), r);
  Vec p = set1(1.9875691500e-4f);
  p = fma(p, r, set1(1.3981999507e-3f));
  p = fma(p, r, set1(8.3334519073e-3f));
  p = fma(p, r, set1(4.1665795894e-2f));
  p = fma(p, r, set1(1.6666665459e-1f));
  p = fma(p, r, set1(5.0000001201e-1f));
  p = fma(mul(r, r), p, add(r, set1(1.0f)));
  return scale2(p, n);
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
