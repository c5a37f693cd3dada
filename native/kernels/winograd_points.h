// The one-dimensional Winograd transforms on registers; winograd.h has the formulas.
#pragma once

#include "../simd/vec.h"

namespace strided {
namespace {

// The one-dimensional transforms for tiles of 4: points 0, ±2/3, ±3/2, infinity.
struct Four {
  static constexpr int kTile = 4;
  static constexpr int kPatch = 6;
  static constexpr float a = 2.0f / 3, b = 1.5f, a2 = a * a, b2 = b * b;

  // Bᵀ d
  static STRIDED_INLINE void input(const Vec (&d)[6], Vec (&t)[6]) {
    const Vec sum = set1(a2 + b2);
    t[0] = fnma(sum, d[2], add(d[0], d[4]));
    t[5] = fnma(sum, d[3], add(d[1], d[5]));
    const Vec p = fnma(set1(b2), d[2], d[4]);
    const Vec q = mul(set1(a), fnma(set1(b2), d[1], d[3]));
    const Vec r = fnma(set1(a2), d[2], d[4]);
    const Vec s = mul(set1(b), fnma(set1(a2), d[1], d[3]));
    t[1] = add(p, q);
    t[2] = sub(p, q);
    t[3] = add(r, s);
    t[4] = sub(r, s);
  }
  // G g
  static STRIDED_INLINE void weight(const Vec (&g)[3], Vec (&u)[6]) {
    constexpr float c1 = 1 / (2 * a2 * (a2 - b2)), c2 = 1 / (2 * b2 * (b2 - a2));
    const Vec even1 = mul(set1(c1), fma(set1(a2), g[2], g[0]));
    const Vec odd1 = mul(set1(c1 * a), g[1]);
    const Vec even2 = mul(set1(c2), fma(set1(b2), g[2], g[0]));
    const Vec odd2 = mul(set1(c2 * b), g[1]);
    u[0] = g[0];
    u[1] = add(even1, odd1);
    u[2] = sub(even1, odd1);
    u[3] = add(even2, odd2);
    u[4] = sub(even2, odd2);
    u[5] = g[2];
  }
  // Aᵀ m
  static STRIDED_INLINE void output(const Vec (&m)[6], Vec (&y)[4]) {
    const Vec s1 = add(m[1], m[2]), e1 = sub(m[1], m[2]);
    const Vec s2 = add(m[3], m[4]), e2 = sub(m[3], m[4]);
    y[0] = add(m[0], add(s1, s2));
    y[1] = fma(set1(a), e1, mul(set1(b), e2));
    y[2] = fma(set1(a2), s1, mul(set1(b2), s2));
    y[3] = fma(set1(a2 * a), e1, fma(set1(b2 * b), e2, m[5]));
  }
  // A y
  static STRIDED_INLINE void gradient(const Vec (&y)[4], Vec (&d)[6]) {
    const Vec even1 = fma(set1(a2), y[2], y[0]);
    const Vec odd1 = fma(set1(a2 * a), y[3], mul(set1(a), y[1]));
    const Vec even2 = fma(set1(b2), y[2], y[0]);
    const Vec odd2 = fma(set1(b2 * b), y[3], mul(set1(b), y[1]));
    d[0] = y[0];
    d[1] = add(even1, odd1);
    d[2] = sub(even1, odd1);
    d[3] = add(even2, odd2);
    d[4] = sub(even2, odd2);
    d[5] = y[3];
  }
  // Gᵀ m
  static STRIDED_INLINE void weight_gradient(const Vec (&m)[6], Vec (&g)[3]) {
    constexpr float c1 = 1 / (2 * a2 * (a2 - b2)), c2 = 1 / (2 * b2 * (b2 - a2));
    const Vec s1 = mul(set1(c1), add(m[1], m[2])), e1 = mul(set1(c1 * a), sub(m[1], m[2]));
    const Vec s2 = mul(set1(c2), add(m[3], m[4])), e2 = mul(set1(c2 * b), sub(m[3], m[4]));
    g[0] = add(m[0], add(s1, s2));
    g[1] = add(e1, e2);
    g[2] = fma(set1(a2), s1, fma(set1(b2), s2, m[5]));
  }
};

// For tiles of 2: points 0, ±1, infinity.
struct Two {
  static constexpr int kTile = 2;
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
