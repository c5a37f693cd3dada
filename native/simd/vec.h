// One register of floats, `Vec`, and the few operations that kernels are written in.
//
// Each instruction set gives the same names: Vec, Mask (one bit a lane), VecInt (as many 32-bit integers), kLanes, and
// the tile limits that follow from its number of registers. Everything lies in an anonymous namespace: a kernel object
// may not export an inline function, or the linker could keep its AVX-512 copy for every caller in the program.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa.h"

#if defined(__GNUC__) || defined(__clang__)
#define STRIDED_INLINE inline __attribute__((always_inline))
#define STRIDED_RESTRICT __restrict__
// On a lambda that takes registers: a call would spill them all.
#define STRIDED_LAMBDA_INLINE __attribute__((always_inline))
#else
#define STRIDED_INLINE __forceinline
#define STRIDED_RESTRICT __restrict
#define STRIDED_LAMBDA_INLINE
#endif

#if defined(__AVX512F__)
#include "vec_avx512.h"
#elif defined(__AVX2__)
#include "vec_avx2.h"
#else
#include "vec_scalar.h"
#endif

namespace strided {
namespace {

// The number of whole and partial registers that hold `count` floats.
STRIDED_INLINE constexpr int64_t vectors_for(int64_t count) { return (count + kLanes - 1) / kLanes; }

// A whole register with the interface of Half, for code that is written for either.
struct Full {
  using V = Vec;
  using M = Mask;
  static constexpr int kLanes = strided::kLanes;
  static STRIDED_INLINE M first_lanes(int64_t count) { return strided::first_lanes(count); }
  static STRIDED_INLINE V zero() { return strided::zero(); }
  static STRIDED_INLINE V load(const float* p) { return strided::load(p); }
  static STRIDED_INLINE V load(const float* p, M mask) { return strided::load(p, mask); }
  static STRIDED_INLINE void store(float* p, V v, M mask) { strided::store(p, v, mask); }
  static STRIDED_INLINE V fma(V a, V b, V c) { return strided::fma(a, b, c); }
  static STRIDED_INLINE V add(V a, V b) { return strided::add(a, b); }
  static STRIDED_INLINE V max(V a, V b) { return strided::max(a, b); }
  static STRIDED_INLINE V set1(float value) { return strided::set1(value); }
  static STRIDED_INLINE V half(Vec v) { return v; }
};

}  // namespace
}  // namespace strided
