// The one-dimensional transforms of the phases of a convolution with a stride of 2; winograd.h has the formulas.
#pragma once

#include "../simd/vec.h"

namespace strided {
namespace {

// The points ±7/16 and ±11/8, with powers and scales of ±a and ±b; all powers are exact.
struct FourPoints {
  static constexpr int kTile = 4;
  static constexpr double a = 0.4375, a2 = a * a, a3 = a2 * a;
  static constexpr double b = 1.375, b2 = b * b, b3 = b2 * b;
  static constexpr double ca = 1 / (2 * a * (a2 - b2)), cb = 1 / (2 * b * (b2 - a2));

  // A constant in all lanes, rounded once.
  static STRIDED_INLINE Vec k(double value) { return strided::set1(static_cast<float>(value)); }

  template <int P>
  static STRIDED_INLINE void pairs(Vec even_a, Vec odd_a, Vec even_b, Vec odd_b, Vec (&t)[P]) {
    t[0] = add(even_a, odd_a);
    t[1] = sub(even_a, odd_a);
    t[2] = add(even_b, odd_b);
    t[3] = sub(even_b, odd_b);
  }
  static STRIDED_INLINE Vec two(double x, Vec u, double y, Vec v) { return fma(k(x), u, mul(k(y), v)); }
  // Bᵀ d at the four points
  template <int P>
  static STRIDED_INLINE void at_points(const Vec (&d)[P], Vec (&t)[P]) {
    const Vec p = mul(k(a), fnma(k(b2), d[0], d[2]));
    const Vec q = fnma(k(b2), d[1], d[3]);
    const Vec r = mul(k(b), fnma(k(a2), d[0], d[2]));
    const Vec s = fnma(k(a2), d[1], d[3]);
    pairs(p, q, r, s, t);
  }
  // Aᵀ m of the four points
  template <int P>
  static STRIDED_INLINE void from_points(const Vec (&m)[P], Vec (&y)[4]) {
    const Vec s1 = add(m[0], m[1]), e1 = sub(m[0], m[1]);
    const Vec s2 = add(m[2], m[3]), e2 = sub(m[2], m[3]);
    y[0] = add(s1, s2);
    y[1] = two(a, e1, b, e2);
    y[2] = two(a2, s1, b2, s2);
    y[3] = two(a3, e1, b3, e2);
  }
  // A y at the four points
  template <int P>
  static STRIDED_INLINE void gradient_at_points(const Vec (&y)[4], Vec (&d)[P]) {
    pairs(fma(k(a2), y[2], y[0]), two(a3, y[3], a, y[1]), fma(k(b2), y[2], y[0]), two(b3, y[3], b, y[1]), d);
  }
};

// Two taps: the four points and infinity.
struct FourByTwo : FourPoints {
  static constexpr int kPatch = 5;
  static constexpr int kKernel = 2;

  static STRIDED_INLINE void input(const Vec (&d)[5], Vec (&t)[5]) {
    at_points(d, t);
    t[4] = fnma(k(a2 + b2), d[2], fma(k(a2 * b2), d[0], d[4]));
  }
  static STRIDED_INLINE void weight(const Vec (&g)[2], Vec (&u)[5]) {
    pairs(mul(k(ca), g[0]), mul(k(ca * a), g[1]), mul(k(cb), g[0]), mul(k(cb * b), g[1]), u);
    u[4] = g[1];
  }
  static STRIDED_INLINE void output(const Vec (&m)[5], Vec (&y)[4]) {
    from_points(m, y);
    y[3] = add(y[3], m[4]);
  }
  static STRIDED_INLINE void gradient(const Vec (&y)[4], Vec (&d)[5]) {
    gradient_at_points(y, d);
    d[4] = y[3];
  }
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[5], Vec (&g)[2]) {
    g[0] = two(ca, add(m[0], m[1]), cb, add(m[2], m[3]));
    g[1] = add(two(ca * a, sub(m[0], m[1]), cb * b, sub(m[2], m[3])), m[4]);
  }
};

// One tap, which has no part in infinity.
struct FourByOne : FourPoints {
  static constexpr int kPatch = 4;
  static constexpr int kKernel = 1;

  static STRIDED_INLINE void input(const Vec (&d)[4], Vec (&t)[4]) { at_points(d, t); }
  static STRIDED_INLINE void weight(const Vec (&g)[1], Vec (&u)[4]) {
    u[0] = u[1] = mul(k(ca), g[0]);
    u[2] = u[3] = mul(k(cb), g[0]);
  }
  static STRIDED_INLINE void output(const Vec (&m)[4], Vec (&y)[4]) { from_points(m, y); }
  static STRIDED_INLINE void gradient(const Vec (&y)[4], Vec (&d)[4]) { gradient_at_points(y, d); }
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[4], Vec (&g)[1]) {
    g[0] = two(ca, add(m[0], m[1]), cb, add(m[2], m[3]));
  }
};

}  // namespace
}  // namespace strided
