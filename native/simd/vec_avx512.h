// Vec on AVX-512 (F, BW, DQ, VL): 32 registers of 16 floats, masks in registers of their own.
#pragma once

#include <immintrin.h>

namespace strided {
namespace {

using Vec = __m512;
using VecInt = __m512i;
using Mask = __mmask16;

constexpr int kLanes = 16;
// Vector registers of the architecture.
constexpr int kRegisters = 32;

STRIDED_INLINE Vec zero() { return _mm512_setzero_ps(); }
STRIDED_INLINE Vec set1(float value) { return _mm512_set1_ps(value); }
STRIDED_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
STRIDED_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
// Past the caches, to an address that is a multiple of the register's size; visible to others after end_stream.
STRIDED_INLINE void stream(float* p, Vec v) { _mm512_stream_ps(p, v); }
STRIDED_INLINE void end_stream() { _mm_sfence(); }

// The first `count` lanes; 0 <= count <= kLanes.
STRIDED_INLINE Mask first_lanes(int64_t count) { return static_cast<Mask>((1u << count) - 1u); }
STRIDED_INLINE Vec load(const float* p, Mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
STRIDED_INLINE void store(float* p, Vec v, Mask mask) { _mm512_mask_storeu_ps(p, mask, v); }

STRIDED_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
STRIDED_INLINE Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
STRIDED_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
STRIDED_INLINE Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
STRIDED_INLINE Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }
// a * b + c and c - a * b, rounded once.
STRIDED_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
STRIDED_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }
// b when either is NaN, as the instruction has it.
STRIDED_INLINE Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
STRIDED_INLINE Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
STRIDED_INLINE Vec neg(Vec a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
STRIDED_INLINE Vec abs(Vec a) { return _mm512_abs_ps(a); }
STRIDED_INLINE Vec floor(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
STRIDED_INLINE Vec round(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// a * 2^n for an integral n in [-149, 128], without intermediate overflow.
STRIDED_INLINE Vec scale2(Vec a, Vec n) { return _mm512_scalef_ps(a, n); }

// x = m * 2^e with m in [1/2, 1), for positive normal x.
STRIDED_INLINE Vec split_exponent(Vec x, Vec* e) {
  *e = _mm512_add_ps(_mm512_getexp_ps(x), _mm512_set1_ps(1.0f));
  return _mm512_getmant_ps(x, _MM_MANT_NORM_p5_1, _MM_MANT_SIGN_src);
}

STRIDED_INLINE Mask greater(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
STRIDED_INLINE Mask equal(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
STRIDED_INLINE Mask is_nan(Vec a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
STRIDED_INLINE Mask mask_or(Mask a, Mask b) { return a | b; }
STRIDED_INLINE Mask mask_and_not(Mask a, Mask b) { return a & static_cast<Mask>(~b); }
STRIDED_INLINE Vec select(Mask mask, Vec yes, Vec no) { return _mm512_mask_blend_ps(mask, no, yes); }
// a > b, or one of them is NaN.
STRIDED_INLINE Mask greater_or_nan(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_NLE_UQ); }

// Masks as bits of memory, that of element i being bit i % 8 of byte i / 8; `at` is a multiple of kLanes. Only the
// bytes that hold the first `count` lanes are touched.
STRIDED_INLINE void store_bits(uint8_t* bits, int64_t at, Mask mask, int64_t count = kLanes) {
  __builtin_memcpy(bits + at / 8, &mask, count > 8 ? 2 : 1);
}
STRIDED_INLINE Mask load_bits(const uint8_t* bits, int64_t at, int64_t count = kLanes) {
  Mask mask = 0;
  __builtin_memcpy(&mask, bits + at / 8, count > 8 ? 2 : 1);
  return mask;
}

STRIDED_INLINE VecInt set1_int(int32_t value) { return _mm512_set1_epi32(value); }
STRIDED_INLINE VecInt load_int(const int32_t* p) { return _mm512_loadu_si512(p); }
STRIDED_INLINE VecInt load_int(const int32_t* p, Mask mask) { return _mm512_maskz_loadu_epi32(mask, p); }
STRIDED_INLINE void store_int(int32_t* p, VecInt v) { _mm512_storeu_si512(p, v); }
STRIDED_INLINE void store_int(int32_t* p, VecInt v, Mask mask) { _mm512_mask_storeu_epi32(p, mask, v); }
STRIDED_INLINE VecInt select_int(Mask mask, VecInt yes, VecInt no) { return _mm512_mask_blend_epi32(mask, no, yes); }
STRIDED_INLINE Mask equal_int(VecInt a, VecInt b) { return _mm512_cmpeq_epi32_mask(a, b); }
// 0, 1, 2, ...
STRIDED_INLINE VecInt iota() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
STRIDED_INLINE VecInt add_int(VecInt a, VecInt b) { return _mm512_add_epi32(a, b); }
STRIDED_INLINE VecInt sub_int(VecInt a, VecInt b) { return _mm512_sub_epi32(a, b); }
STRIDED_INLINE VecInt xor_int(VecInt a, VecInt b) { return _mm512_xor_si512(a, b); }
STRIDED_INLINE VecInt mul_low(VecInt a, VecInt b) { return _mm512_mullo_epi32(a, b); }
// The high halves of the unsigned 64-bit products: even lanes, odd lanes, and both put together.
STRIDED_INLINE VecInt mul_high(VecInt a, VecInt b) {
  const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(a, b), 32);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
  return _mm512_mask_blend_epi32(0xaaaa, even, odd);
}
// Lanes where a >= b as unsigned numbers.
STRIDED_INLINE Mask at_least_unsigned(VecInt a, VecInt b) { return _mm512_cmpge_epu32_mask(a, b); }

// Lanes as `count` bytes, values from 0 to 255; and which lanes hold a byte equal to `value`, beyond `count` undefined.
STRIDED_INLINE void store_bytes(uint8_t* p, VecInt v, int64_t count) {
  const __m128i bytes = _mm512_cvtepi32_epi8(v);
  if (count == kLanes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
  } else {
    _mm_mask_storeu_epi8(p, first_lanes(count), bytes);
  }
}
STRIDED_INLINE Mask equal_bytes(const uint8_t* p, int32_t value, int64_t count) {
  const __m128i bytes = count == kLanes ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))
                                        : _mm_maskz_loadu_epi8(first_lanes(count), p);
  return _mm_cmpeq_epi8_mask(bytes, _mm_set1_epi8(static_cast<char>(value)));
}

// p[4*i + w] = lane i of c[w].
STRIDED_INLINE void store_interleaved(int32_t* p, const VecInt (&c)[4]) {
  const VecInt a = _mm512_unpacklo_epi32(c[0], c[1]);
  const VecInt b = _mm512_unpackhi_epi32(c[0], c[1]);
  const VecInt d = _mm512_unpacklo_epi32(c[2], c[3]);
  const VecInt e = _mm512_unpackhi_epi32(c[2], c[3]);
  // Quarter q of r[k] holds block 4*q + k; the quarters are transposed next.
  const VecInt r[4] = {_mm512_unpacklo_epi64(a, d), _mm512_unpackhi_epi64(a, d), _mm512_unpacklo_epi64(b, e),
                       _mm512_unpackhi_epi64(b, e)};
  const VecInt low01 = _mm512_shuffle_i32x4(r[0], r[1], 0x44);
  const VecInt low23 = _mm512_shuffle_i32x4(r[2], r[3], 0x44);
  const VecInt high01 = _mm512_shuffle_i32x4(r[0], r[1], 0xee);
  const VecInt high23 = _mm512_shuffle_i32x4(r[2], r[3], 0xee);
  store_int(p, _mm512_shuffle_i32x4(low01, low23, 0x88));
  store_int(p + 16, _mm512_shuffle_i32x4(low01, low23, 0xdd));
  store_int(p + 32, _mm512_shuffle_i32x4(high01, high23, 0x88));
  store_int(p + 48, _mm512_shuffle_i32x4(high01, high23, 0xdd));
}

// The lower half of a register: a multiply-add on it costs half where 512-bit instructions run in two steps (Zen 4).
struct Half {
  using V = __m256;
  using M = __mmask8;
  static constexpr int kLanes = 8;
  static STRIDED_INLINE M first_lanes(int64_t count) { return static_cast<M>((1u << count) - 1u); }
  static STRIDED_INLINE V zero() { return _mm256_setzero_ps(); }
  static STRIDED_INLINE V load(const float* p) { return _mm256_loadu_ps(p); }
  static STRIDED_INLINE V load(const float* p, M mask) { return _mm256_maskz_loadu_ps(mask, p); }
  static STRIDED_INLINE void store(float* p, V v, M mask) { _mm256_mask_storeu_ps(p, mask, v); }
  static STRIDED_INLINE V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static STRIDED_INLINE V add(V a, V b) { return _mm256_add_ps(a, b); }
  static STRIDED_INLINE V max(V a, V b) { return _mm256_max_ps(a, b); }
  static STRIDED_INLINE V set1(float value) { return _mm256_set1_ps(value); }
  // The first half of a whole register.
  static STRIDED_INLINE V half(Vec v) { return _mm512_castps512_ps256(v); }
};

// Lane l of the result is lane index[l] of v.
STRIDED_INLINE Vec permute(Vec v, VecInt index) { return _mm512_maskz_permutexvar_ps(0xffff, index, v); }

// The sum of all lanes, added in a fixed tree.
STRIDED_INLINE float reduce_add(Vec a) {
  __m256 lo = _mm512_castps512_ps256(a);
  __m256 hi = _mm512_extractf32x8_ps(a, 1);
  __m256 s8 = _mm256_add_ps(lo, hi);
  __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
  __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
  return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
}

// The largest lane. Of a NaN and a number either may come out.
STRIDED_INLINE float reduce_max(Vec a) {
  __m256 s8 = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
  __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
  return _mm_cvtss_f32(_mm_max_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
}

// Transposes a kLanes x kLanes block: row r of the output is column r of the input.
STRIDED_INLINE void transpose_block(const float* input, int64_t input_stride, float* output, int64_t output_stride) {
  Vec r[16];
  Vec t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) r[i] = load(input + i * input_stride);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    store(output + i * output_stride, _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88));
    store(output + (i + 4) * output_stride, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88));
    store(output + (i + 8) * output_stride, _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd));
    store(output + (i + 12) * output_stride, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd));
  }
}

}  // namespace
}  // namespace strided
