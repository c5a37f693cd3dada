#include "cpu.h"

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace strided {
namespace {

struct Features {
  bool avx2 = false;
  bool avx512 = false;
};

#if defined(__x86_64__) || defined(_M_X64)
struct Registers {
  uint32_t eax, ebx, ecx, edx;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r{};
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {uint32_t(out[0]), uint32_t(out[1]), uint32_t(out[2]), uint32_t(out[3])};
#else
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

uint64_t enabled_state() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
#endif
}

constexpr bool bit(uint32_t word, int index) { return ((word >> index) & 1) != 0; }

Features detect() {
  Features features;
  const Registers one = cpuid(1, 0);
  const bool fma = bit(one.ecx, 12);
  const bool osxsave = bit(one.ecx, 27);
  const bool avx = bit(one.ecx, 28);
  if (!osxsave || !avx || cpuid(0, 0).eax < 7) return features;
  const uint64_t state = enabled_state();
  const bool ymm = (state & 0x06) == 0x06;  // SSE and AVX registers
  const bool zmm = (state & 0xe6) == 0xe6;  // and mask, upper and high ZMM registers
  const Registers seven = cpuid(7, 0);
  features.avx2 = ymm && fma && bit(seven.ebx, 5);
  features.avx512 = features.avx2 && zmm && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 30) &&
                    bit(seven.ebx, 31);  // F, DQ, BW, VL
  return features;
}
#else
Features detect() { return {}; }
#endif

const Features& features() {
  static const Features detected = detect();
  return detected;
}

}  // namespace

bool isa_supported(Isa isa) {
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::avx2:
      return features().avx2;
    case Isa::avx512:
      return features().avx512;
  }
  return false;
}

Isa best_isa() {
  if (isa_supported(Isa::avx512)) return Isa::avx512;
  if (isa_supported(Isa::avx2)) return Isa::avx2;
  return Isa::scalar;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    default:
      return "scalar";
  }
}

}  // namespace strided
