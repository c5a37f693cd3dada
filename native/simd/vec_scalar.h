// Vec of one lane in plain C++: the fallback for every CPU, and the easiest build to debug.
#pragma once

namespace strided {
namespace {

using Vec = float;
using VecInt = int32_t;
using Mask = bool;

constexpr int kLanes = 1;
// Those of the smallest targets; a lane of one float takes a whole register there.
constexpr int kRegisters = 16;

STRIDED_INLINE Vec zero() { return 0.0f; }
STRIDED_INLINE Vec set1(float value) { return value; }
STRIDED_INLINE Vec load(const float* p) { return *p; }
STRIDED_INLINE void store(float* p, Vec v) { *p = v; }
// Past the caches where there is an instruction for it, visible to others after end_stream.
STRIDED_INLINE void stream(float* p, Vec v) { *p = v; }
STRIDED_INLINE void end_stream() {}

// The first `count` lanes; 0 <= count <= kLanes.
STRIDED_INLINE Mask first_lanes(int64_t count) { return count > 0; }
STRIDED_INLINE Vec load(const float* p, Mask mask) { return mask ? *p : 0.0f; }
STRIDED_INLINE void store(float* p, Vec v, Mask mask) {
  if (mask) *p = v;
}

STRIDED_INLINE Vec add(Vec a, Vec b) { return a + b; }
STRIDED_INLINE Vec sub(Vec a, Vec b) { return a - b; }
STRIDED_INLINE Vec mul(Vec a, Vec b) { return a * b; }
STRIDED_INLINE Vec div(Vec a, Vec b) { return a / b; }
STRIDED_INLINE Vec sqrt(Vec a) { return __builtin_sqrtf(a); }
// a * b + c and c - a * b; two roundings here, since a fused one without the instruction is a slow library call.
STRIDED_INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
STRIDED_INLINE Vec fnma(Vec a, Vec b, Vec c) { return c - a * b; }
// b when either is NaN, as the vector instructions have it.
STRIDED_INLINE Vec max(Vec a, Vec b) { return a > b ? a : b; }
STRIDED_INLINE Vec min(Vec a, Vec b) { return a < b ? a : b; }
STRIDED_INLINE Vec neg(Vec a) { return -a; }
STRIDED_INLINE Vec abs(Vec a) { return __builtin_fabsf(a); }
STRIDED_INLINE Vec floor(Vec a) { return __builtin_floorf(a); }
STRIDED_INLINE Vec round(Vec a) { return __builtin_rintf(a); }

STRIDED_INLINE Vec power_of_2(int32_t n) {
  const int32_t bits = (n + 127) << 23;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
// a * 2^n for an integral n in [-149, 128]: two factors, so that neither leaves the normal range.
STRIDED_INLINE Vec scale2(Vec a, Vec n) {
  const int32_t whole = n == n ? static_cast<int32_t>(n) : 0;
  const int32_t half = whole >> 1;
  return a * power_of_2(half) * power_of_2(whole - half);
}

// x = m * 2^e with m in [1/2, 1), for positive normal x.
STRIDED_INLINE Vec split_exponent(Vec x, Vec* e) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  *e = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126);
  bits = (bits & 0x007fffffu) | 0x3f000000u;
  float mantissa;
  __builtin_memcpy(&mantissa, &bits, sizeof mantissa);
  return mantissa;
}

STRIDED_INLINE Mask greater(Vec a, Vec b) { return a > b; }
STRIDED_INLINE Mask equal(Vec a, Vec b) { return a == b; }
STRIDED_INLINE Mask is_nan(Vec a) { return a != a; }
STRIDED_INLINE Mask mask_or(Mask a, Mask b) { return a || b; }
STRIDED_INLINE Mask mask_and_not(Mask a, Mask b) { return a && !b; }
STRIDED_INLINE Vec select(Mask mask, Vec yes, Vec no) { return mask ? yes : no; }
// a > b, or one of them is NaN.
STRIDED_INLINE Mask greater_or_nan(Vec a, Vec b) { return !(a <= b); }

// Masks as bits of memory, that of element i being bit i % 8 of byte i / 8, written in the order of i.
STRIDED_INLINE void store_bits(uint8_t* bits, int64_t at, Mask mask, int64_t = kLanes) {
  const int before = at % 8 == 0 ? 0 : bits[at / 8] & ((1 << at % 8) - 1);
  bits[at / 8] = static_cast<uint8_t>(before | (mask ? 1 << at % 8 : 0));
}
STRIDED_INLINE Mask load_bits(const uint8_t* bits, int64_t at, int64_t = kLanes) {
  return (bits[at / 8] >> at % 8 & 1) != 0;
}

STRIDED_INLINE VecInt set1_int(int32_t value) { return value; }
STRIDED_INLINE VecInt load_int(const int32_t* p) { return *p; }
STRIDED_INLINE VecInt load_int(const int32_t* p, Mask mask) { return mask ? *p : 0; }
STRIDED_INLINE void store_int(int32_t* p, VecInt v) { *p = v; }
STRIDED_INLINE void store_int(int32_t* p, VecInt v, Mask mask) {
  if (mask) *p = v;
}
STRIDED_INLINE VecInt select_int(Mask mask, VecInt yes, VecInt no) { return mask ? yes : no; }
STRIDED_INLINE Mask equal_int(VecInt a, VecInt b) { return a == b; }
// 0, 1, 2, ...
STRIDED_INLINE VecInt iota() { return 0; }
STRIDED_INLINE VecInt add_int(VecInt a, VecInt b) {
  return static_cast<VecInt>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
STRIDED_INLINE VecInt sub_int(VecInt a, VecInt b) {
  return static_cast<VecInt>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}
STRIDED_INLINE VecInt xor_int(VecInt a, VecInt b) { return a ^ b; }
STRIDED_INLINE VecInt mul_low(VecInt a, VecInt b) {
  return static_cast<VecInt>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
}
// The high half of the unsigned 64-bit product.
STRIDED_INLINE VecInt mul_high(VecInt a, VecInt b) {
  return static_cast<VecInt>((uint64_t{static_cast<uint32_t>(a)} * static_cast<uint32_t>(b)) >> 32);
}
// Lanes where a >= b as unsigned numbers.
STRIDED_INLINE Mask at_least_unsigned(VecInt a, VecInt b) {
  return static_cast<uint32_t>(a) >= static_cast<uint32_t>(b);
}

// Lanes as `count` bytes, values from 0 to 255; and which lanes hold a byte equal to `value`, beyond `count` undefined.
STRIDED_INLINE void store_bytes(uint8_t* p, VecInt v, int64_t) { *p = static_cast<uint8_t>(v); }
STRIDED_INLINE Mask equal_bytes(const uint8_t* p, int32_t value, int64_t) { return *p == value; }

// p[4*i + w] = lane i of c[w].
STRIDED_INLINE void store_interleaved(int32_t* p, const VecInt (&c)[4]) {
  for (int w = 0; w < 4; w++) p[w] = c[w];
}

// There is no half of one lane: panels are never narrower.
struct Half {
  using V = float;
  using M = bool;
  static constexpr int kLanes = 1;
  static STRIDED_INLINE M first_lanes(int64_t count) { return count > 0; }
  static STRIDED_INLINE V zero() { return 0.0f; }
  static STRIDED_INLINE V load(const float* p) { return *p; }
  static STRIDED_INLINE V load(const float* p, M mask) { return mask ? *p : 0.0f; }
  static STRIDED_INLINE void store(float* p, V v, M mask) {
    if (mask) *p = v;
  }
  static STRIDED_INLINE V fma(V a, V b, V c) { return a * b + c; }
  static STRIDED_INLINE V add(V a, V b) { return a + b; }
  static STRIDED_INLINE V max(V a, V b) { return a > b ? a : b; }
  static STRIDED_INLINE V set1(float value) { return value; }
  // The first half of a whole register.
  static STRIDED_INLINE V half(Vec v) { return v; }
};

// Lane l of the result is lane index[l] of v.
STRIDED_INLINE Vec permute(Vec v, VecInt) { return v; }

STRIDED_INLINE float reduce_add(Vec a) { return a; }
STRIDED_INLINE float reduce_max(Vec a) { return a; }

STRIDED_INLINE void transpose_block(const float* input, int64_t, float* output, int64_t) { *output = *input; }

}  // namespace
}  // namespace strided
