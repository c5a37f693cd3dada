#include "dropout.h"

#include "../simd/vec.h"

namespace strided {
namespace {

// One block in each lane. The low counter word must not carry within the lanes; the caller sees to that.
STRIDED_INLINE void philox_lanes(uint64_t seed, uint64_t counter, VecInt (&c)[4]) {
  c[0] = add_int(set1_int(static_cast<int32_t>(counter)), iota());
  c[1] = set1_int(static_cast<int32_t>(counter >> 32));
  c[2] = set1_int(0);
  c[3] = set1_int(0);
  uint32_t k0 = static_cast<uint32_t>(seed);
  uint32_t k1 = static_cast<uint32_t>(seed >> 32);
  const VecInt m0 = set1_int(static_cast<int32_t>(0xD2511F53));
  const VecInt m1 = set1_int(static_cast<int32_t>(0xCD9E8D57));
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    const VecInt high0 = mul_high(c[0], m0);
    const VecInt low0 = mul_low(c[0], m0);
    const VecInt high1 = mul_high(c[2], m1);
    const VecInt low1 = mul_low(c[2], m1);
    c[0] = xor_int(xor_int(high1, c[1]), set1_int(static_cast<int32_t>(k0)));
    c[1] = low1;
    c[2] = xor_int(xor_int(high0, c[3]), set1_int(static_cast<int32_t>(k1)));
    c[3] = low0;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
}

// kLanes blocks, in the order of their words.
STRIDED_INLINE void philox_words(uint64_t seed, uint64_t counter, uint32_t* words) {
  VecInt c[4];
  // Where the low counter word wraps among the lanes, each lane is made on its own.
  if (static_cast<uint32_t>(counter) <= UINT32_MAX - static_cast<uint32_t>(kLanes)) {
    philox_lanes(seed, counter, c);
    store_interleaved(reinterpret_cast<int32_t*>(words), c);
    return;
  }
  for (int part = 0; part < kLanes; part++) {
    int32_t lane[4 * kLanes];
    philox_lanes(seed, counter + static_cast<uint64_t>(part), c);
    store_interleaved(lane, c);
    for (int w = 0; w < 4; w++) words[4 * part + w] = static_cast<uint32_t>(lane[w]);
  }
}

void words(uint64_t seed, uint64_t counter, int64_t blocks, uint32_t* output) {
  uint32_t some[4 * kLanes];
  int64_t i = 0;
  for (; i + kLanes <= blocks; i += kLanes) philox_words(seed, counter + static_cast<uint64_t>(i), output + 4 * i);
  if (i < blocks) {
    philox_words(seed, counter + static_cast<uint64_t>(i), some);
    for (int64_t w = 0; w < 4 * (blocks - i); w++) output[4 * i + w] = some[w];
  }
}

void channels(int64_t size, const uint32_t* word, const DropoutRule& rule, const float* input, float* output) {
  const VecInt threshold = set1_int(static_cast<int32_t>(rule.threshold));
  const int32_t* words = reinterpret_cast<const int32_t*>(word);
  auto ruled = [&](VecInt drawn, Vec x) STRIDED_LAMBDA_INLINE {
    const Vec kept = add(mul(x, set1(rule.scale)), set1(rule.shift));
    return select(at_least_unsigned(drawn, threshold), kept, set1(rule.dropped));
  };
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) store(output + i, ruled(load_int(words + i), load(input + i)));
  if (i < size) {
    const Mask tail = first_lanes(size - i);
    store(output + i, ruled(load_int(words + i, tail), load(input + i, tail)), tail);
  }
}

void apply(int64_t size, uint64_t seed, uint64_t counter, const DropoutRule& rule, const float* input, float* output) {
  uint32_t some[4 * kLanes];
  for (int64_t i = 0; i < size; i += 4 * kLanes) {
    philox_words(seed, counter + static_cast<uint64_t>(i / 4), some);
    channels(size - i < 4 * kLanes ? size - i : 4 * kLanes, some, rule, input + i, output + i);
  }
}

}  // namespace

template <>
const DropoutKernels& dropout_kernels<kIsa>() {
  static constexpr DropoutKernels kernels = {words, apply, channels};
  return kernels;
}

}  // namespace strided
