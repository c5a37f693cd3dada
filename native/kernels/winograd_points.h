// The one-dimensional Winograd transforms on registers; winograd.h has the formulas.
#pragma once

#include "../simd/vec.h"

namespace strided {
namespace {

// The points 0, ±5/8, ±3/2 and infinity of a patch of 6, with the powers and scales of ±a and ±b; all powers are exact.
struct SixPoints {
  static constexpr int kPatch = 6;
  static constexpr double a = 0.625, a2 = a * a, a3 = a2 * a, a4 = a2 * a2;
  static constexpr double b = 1.5, b2 = b * b, b3 = b2 * b, b4 = b2 * b2;
  static constexpr double ca = 1 / (2 * a2 * (a2 - b2)), cb = 1 / (2 * b2 * (b2 - a2)), c0 = 1 / (a2 * b2);

  // A constant in all lanes, rounded once.
  static STRIDED_INLINE Vec k(double value) { return strided::set1(static_cast<float>(value)); }

  // Bᵀ d
  static STRIDED_INLINE void input(const Vec (&d)[6], Vec (&t)[6]) {
    const Vec sum = k(a2 + b2);
    const Vec product = k(a2 * b2);
    t[0] = fnma(sum, d[2], fma(product, d[0], d[4]));
    t[5] = fnma(sum, d[3], fma(product, d[1], d[5]));
    const Vec p = fnma(k(b2), d[2], d[4]);
    const Vec q = mul(k(a), fnma(k(b2), d[1], d[3]));
    const Vec r = fnma(k(a2), d[2], d[4]);
    const Vec s = mul(k(b), fnma(k(a2), d[1], d[3]));
    pairs(p, q, r, s, t);
  }
  // The values at 1, 2: first ± second, at 3, 4: third ± fourth.
  static STRIDED_INLINE void pairs(Vec even_a, Vec odd_a, Vec even_b, Vec odd_b, Vec (&t)[6]) {
    t[1] = add(even_a, odd_a);
    t[2] = sub(even_a, odd_a);
    t[3] = add(even_b, odd_b);
    t[4] = sub(even_b, odd_b);
  }
  static STRIDED_INLINE Vec two(double x, Vec u, double y, Vec v) { return fma(k(x), u, mul(k(y), v)); }
};

// Tiles of 4 for kernels of 3.
struct FourByThree : SixPoints {
  static constexpr int kTile = 4;
  static constexpr int kKernel = 3;

  // G g
  static STRIDED_INLINE void weight(const Vec (&g)[3], Vec (&u)[6]) {
    u[0] = mul(k(c0), g[0]);
    u[5] = g[2];
    pairs(mul(k(ca), fma(k(a2), g[2], g[0])), mul(k(ca * a), g[1]), mul(k(cb), fma(k(b2), g[2], g[0])),
          mul(k(cb * b), g[1]), u);
  }
  // Aᵀ m
  static STRIDED_INLINE void output(const Vec (&m)[6], Vec (&y)[4]) {
    const Vec s1 = add(m[1], m[2]), e1 = sub(m[1], m[2]);
    const Vec s2 = add(m[3], m[4]), e2 = sub(m[3], m[4]);
    y[0] = add(m[0], add(s1, s2));
    y[1] = two(a, e1, b, e2);
    y[2] = two(a2, s1, b2, s2);
    y[3] = add(two(a3, e1, b3, e2), m[5]);
  }
  // A y
  static STRIDED_INLINE void gradient(const Vec (&y)[4], Vec (&d)[6]) {
    d[0] = y[0];
    d[5] = y[3];
    pairs(fma(k(a2), y[2], y[0]), two(a3, y[3], a, y[1]), fma(k(b2), y[2], y[0]), two(b3, y[3], b, y[1]), d);
  }
  // Gᵀ m
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[6], Vec (&g)[3]) {
    const Vec s1 = add(m[1], m[2]), e1 = sub(m[1], m[2]);
    const Vec s2 = add(m[3], m[4]), e2 = sub(m[3], m[4]);
    g[0] = fma(k(c0), m[0], two(ca, s1, cb, s2));
    g[1] = two(ca * a, e1, cb * b, e2);
    g[2] = add(two(ca * a2, s1, cb * b2, s2), m[5]);
  }
};

// Tiles of 2 for kernels of 5.
struct TwoByFive : SixPoints {
  static constexpr int kTile = 2;
  static constexpr int kKernel = 5;

  // G g
  static STRIDED_INLINE void weight(const Vec (&g)[5], Vec (&u)[6]) {
    u[0] = mul(k(c0), g[0]);
    u[5] = g[4];
    pairs(mul(k(ca), add(g[0], two(a2, g[2], a4, g[4]))), two(ca * a, g[1], ca * a3, g[3]),
          mul(k(cb), add(g[0], two(b2, g[2], b4, g[4]))), two(cb * b, g[1], cb * b3, g[3]), u);
  }
  // Aᵀ m
  static STRIDED_INLINE void output(const Vec (&m)[6], Vec (&y)[2]) {
    y[0] = add(m[0], add(add(m[1], m[2]), add(m[3], m[4])));
    y[1] = add(two(a, sub(m[1], m[2]), b, sub(m[3], m[4])), m[5]);
  }
  // A y
  static STRIDED_INLINE void gradient(const Vec (&y)[2], Vec (&d)[6]) {
    d[0] = y[0];
    d[5] = y[1];
    pairs(y[0], mul(k(a), y[1]), y[0], mul(k(b), y[1]), d);
  }
  // Gᵀ m
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[6], Vec (&g)[5]) {
    const Vec s1 = add(m[1], m[2]), e1 = sub(m[1], m[2]);
    const Vec s2 = add(m[3], m[4]), e2 = sub(m[3], m[4]);
    g[0] = fma(k(c0), m[0], two(ca, s1, cb, s2));
    g[1] = two(ca * a, e1, cb * b, e2);
    g[2] = two(ca * a2, s1, cb * b2, s2);
    g[3] = two(ca * a3, e1, cb * b3, e2);
    g[4] = add(two(ca * a4, s1, cb * b4, s2), m[5]);
  }
};

// Tiles of 2 for kernels of 3: points 0, ±1, infinity.
struct TwoByThree {
  static constexpr int kTile = 2;
  static constexpr int kKernel = 3;
  static constexpr int kPatch = 4;

  static STRIDED_INLINE void input(const Vec (&d)[4], Vec (&t)[4]) {
    t[0] = sub(d[0], d[2]);
    t[1] = add(d[1], d[2]);
    t[2] = sub(d[2], d[1]);
    t[3] = sub(d[3], d[1]);
  }
  static STRIDED_INLINE void weight(const Vec (&g)[3], Vec (&u)[4]) {
    const Vec even = mul(set1(0.5f), add(g[0], g[2]));
    const Vec odd = mul(set1(0.5f), g[1]);
    u[0] = g[0];
    u[1] = add(even, odd);
    u[2] = sub(even, odd);
    u[3] = g[2];
  }
  static STRIDED_INLINE void output(const Vec (&m)[4], Vec (&y)[2]) {
    y[0] = add(m[0], add(m[1], m[2]));
    y[1] = add(sub(m[1], m[2]), m[3]);
  }
  static STRIDED_INLINE void gradient(const Vec (&y)[2], Vec (&d)[4]) {
    d[0] = y[0];
    d[1] = add(y[0], y[1]);
    d[2] = sub(y[0], y[1]);
    d[3] = y[1];
  }
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[4], Vec (&g)[3]) {
    const Vec s = mul(set1(0.5f), add(m[1], m[2]));
    g[0] = add(m[0], s);
    g[1] = mul(set1(0.5f), sub(m[1], m[2]));
    g[2] = add(s, m[3]);
  }
};

}  // namespace
}  // namespace strided
