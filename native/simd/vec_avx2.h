// Vec on AVX2 with FMA: 16 registers of 8 floats, masks as registers of all-ones lanes.
#pragma once

#include <immintrin.h>

namespace strided {
namespace {

using Vec = __m256;
using VecInt = __m256i;
using Mask = __m256i;

constexpr int kLanes = 8;
// Vector registers of the architecture.
constexpr int kRegisters = 16;

STRIDED_INLINE Vec zero() { return _mm256_setzero_ps(); }
STRIDED_INLINE Vec set1(float value) { return _mm256_set1_ps(value); }
STRIDED_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
STRIDED_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
// Past the caches, to an address that is a multiple of the register's size; visible to others after end_stream.
STRIDED_INLINE void stream(float* p, Vec v) { _mm256_stream_ps(p, v); }
STRIDED_INLINE void end_stream() { _mm_sfence(); }

// The first `count` lanes; 0 <= count <= kLanes.
STRIDED_INLINE Mask first_lanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
STRIDED_INLINE Vec load(const float* p, Mask mask) { return _mm256_maskload_ps(p, mask); }
STRIDED_INLINE void store(float* p, Vec v, Mask mask) { _mm256_maskstore_ps(p, mask, v); }

STRIDED_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
STRIDED_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
STRIDED_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
STRIDED_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
STRIDED_INLINE Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }
// a * b + c and c - a * b, rounded once.
STRIDED_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
STRIDED_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
// b when either is NaN, as the instruction has it.
STRIDED_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
STRIDED_INLINE Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
STRIDED_INLINE Vec neg(Vec a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
STRIDED_INLINE Vec abs(Vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
STRIDED_INLINE Vec floor(Vec a) { return _mm256_floor_ps(a); }
STRIDED_INLINE Vec round(Vec a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

STRIDED_INLINE Vec power_of_2(VecInt n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
// a * 2^n for an integral n in [-149, 128]: two factors, so that neither leaves the normal range.
STRIDED_INLINE Vec scale2(Vec a, Vec n) {
  VecInt whole = _mm256_cvtps_epi32(n);
  VecInt half = _mm256_srai_epi32(whole, 1);
  return _mm256_mul_ps(_mm256_mul_ps(a, power_of_2(half)), power_of_2(_mm256_sub_epi32(whole, half)));
}

// x = m * 2^e with m in [1/2, 1), for positive normal x.
STRIDED_INLINE Vec split_exponent(Vec x, Vec* e) {
  const VecInt bits = _mm256_castps_si256(x);
  *e = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(126)));
  const VecInt mantissa = _mm256_and_si256(bits, _mm256_set1_epi32(0x007fffff));
  return _mm256_castsi256_ps(_mm256_or_si256(mantissa, _mm256_set1_epi32(0x3f000000)));
}

STRIDED_INLINE Mask greater(Vec a, Vec b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
STRIDED_INLINE Mask equal(Vec a, Vec b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
STRIDED_INLINE Mask is_nan(Vec a) { return _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
STRIDED_INLINE Mask mask_or(Mask a, Mask b) { return _mm256_or_si256(a, b); }
STRIDED_INLINE Mask mask_and_not(Mask a, Mask b) { return _mm256_andnot_si256(b, a); }
STRIDED_INLINE Vec select(Mask mask, Vec yes, Vec no) { return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(mask)); }
// a > b, or one of them is NaN.
STRIDED_INLINE Mask greater_or_nan(Vec a, Vec b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_NLE_UQ)); }

// Masks as bits of memory, that of element i being bit i % 8 of byte i / 8; `at` is a multiple of kLanes.
STRIDED_INLINE void store_bits(uint8_t* bits, int64_t at, Mask mask, int64_t = kLanes) {
  bits[at / 8] = static_cast<uint8_t>(_mm256_movemask_ps(_mm256_castsi256_ps(mask)));
}
STRIDED_INLINE Mask load_bits(const uint8_t* bits, int64_t at, int64_t = kLanes) {
  const __m256i lane_bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits[at / 8]), lane_bit), lane_bit);
}

STRIDED_INLINE VecInt set1_int(int32_t value) { return _mm256_set1_epi32(value); }
STRIDED_INLINE VecInt load_int(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
STRIDED_INLINE VecInt load_int(const int32_t* p, Mask mask) { return _mm256_maskload_epi32(p, mask); }
STRIDED_INLINE void store_int(int32_t* p, VecInt v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
STRIDED_INLINE void store_int(int32_t* p, VecInt v, Mask mask) { _mm256_maskstore_epi32(p, mask, v); }
STRIDED_INLINE VecInt select_int(Mask mask, VecInt yes, VecInt no) { return _mm256_blendv_epi8(no, yes, mask); }
STRIDED_INLINE Mask equal_int(VecInt a, VecInt b) { return _mm256_cmpeq_epi32(a, b); }
// 0, 1, 2, ...
STRIDED_INLINE VecInt iota() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
STRIDED_INLINE VecInt add_int(VecInt a, VecInt b) { return _mm256_add_epi32(a, b); }
STRIDED_INLINE VecInt sub_int(VecInt a, VecInt b) { return _mm256_sub_epi32(a, b); }
STRIDED_INLINE VecInt xor_int(VecInt a, VecInt b) { return _mm256_xor_si256(a, b); }
STRIDED_INLINE VecInt mul_low(VecInt a, VecInt b) { return _mm256_mullo_epi32(a, b); }
// The high halves of the unsigned 64-bit products: even lanes, odd lanes, and both put together.
STRIDED_INLINE VecInt mul_high(VecInt a, VecInt b) {
  const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(a, b), 32);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
  return _mm256_blend_epi32(even, odd, 0xaa);
}
// Lanes where a >= b as unsigned numbers.
STRIDED_INLINE Mask at_least_unsigned(VecInt a, VecInt b) { return _mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a); }

// Lanes as `count` bytes, values from 0 to 255; and which lanes hold a byte equal to `value`, beyond `count` undefined.
STRIDED_INLINE void store_bytes(uint8_t* p, VecInt v, int64_t count) {
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const __m128i bytes = _mm_packus_epi16(words, words);
  if (count == kLanes) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
  } else {
    __builtin_memcpy(p, &bytes, static_cast<size_t>(count));
  }
}
STRIDED_INLINE Mask equal_bytes(const uint8_t* p, int32_t value, int64_t count) {
  int64_t bytes = 0;
  if (count == kLanes) {
    __builtin_memcpy(&bytes, p, sizeof bytes);
  } else {
    __builtin_memcpy(&bytes, p, static_cast<size_t>(count));
  }
  const VecInt lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bytes));
  return _mm256_cmpeq_epi32(lanes, _mm256_set1_epi32(value));
}

// p[4*i + w] = lane i of c[w].
STRIDED_INLINE void store_interleaved(int32_t* p, const VecInt (&c)[4]) {
  const VecInt a = _mm256_unpacklo_epi32(c[0], c[1]);
  const VecInt b = _mm256_unpackhi_epi32(c[0], c[1]);
  const VecInt d = _mm256_unpacklo_epi32(c[2], c[3]);
  const VecInt e = _mm256_unpackhi_epi32(c[2], c[3]);
  // Half h of r[k] holds block 4*h + k.
  const VecInt r[4] = {_mm256_unpacklo_epi64(a, d), _mm256_unpackhi_epi64(a, d), _mm256_unpacklo_epi64(b, e),
                       _mm256_unpackhi_epi64(b, e)};
  store_int(p, _mm256_permute2x128_si256(r[0], r[1], 0x20));
  store_int(p + 8, _mm256_permute2x128_si256(r[2], r[3], 0x20));
  store_int(p + 16, _mm256_permute2x128_si256(r[0], r[1], 0x31));
  store_int(p + 24, _mm256_permute2x128_si256(r[2], r[3], 0x31));
}

// The lower half of a register; a multiply-add on it costs no less, but its columns' memory is not touched.
struct Half {
  using V = __m128;
  using M = __m128i;
  static constexpr int kLanes = 4;
  static STRIDED_INLINE M first_lanes(int64_t count) {
    return _mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(count)), _mm_setr_epi32(0, 1, 2, 3));
  }
  static STRIDED_INLINE V zero() { return _mm_setzero_ps(); }
  static STRIDED_INLINE V load(const float* p) { return _mm_loadu_ps(p); }
  static STRIDED_INLINE V load(const float* p, M mask) { return _mm_maskload_ps(p, mask); }
  static STRIDED_INLINE void store(float* p, V v, M mask) { _mm_maskstore_ps(p, mask, v); }
  static STRIDED_INLINE V fma(V a, V b, V c) { return _mm_fmadd_ps(a, b, c); }
  static STRIDED_INLINE V add(V a, V b) { return _mm_add_ps(a, b); }
  static STRIDED_INLINE V max(V a, V b) { return _mm_max_ps(a, b); }
  static STRIDED_INLINE V set1(float value) { return _mm_set1_ps(value); }
  // The first half of a whole register.
  static STRIDED_INLINE V half(Vec v) { return _mm256_castps256_ps128(v); }
};

// Lane l of the result is lane index[l] of v.
STRIDED_INLINE Vec permute(Vec v, VecInt index) { return _mm256_permutevar8x32_ps(v, index); }

// The sum of all lanes, added in a fixed tree.
STRIDED_INLINE float reduce_add(Vec a) {
  __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
  return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
}

// The largest lane. Of a NaN and a number either may come out.
STRIDED_INLINE float reduce_max(Vec a) {
  __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
  return _mm_cvtss_f32(_mm_max_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
}

// Transposes a kLanes x kLanes block: row r of the output is column r of the input.
STRIDED_INLINE void transpose_block(const float* input, int64_t input_stride, float* output, int64_t output_stride) {
  Vec r[8];
  Vec t[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) r[i] = load(input + i * input_stride);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    store(output + i * output_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
    store(output + (i + 4) * output_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}

}  // namespace
}  // namespace strided
