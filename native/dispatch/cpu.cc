#include "cpu.h"

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

constexpr bool bit(uint32_t word, int index) { return ((word >> index) & 1) != 0; }

constexpr bool has_xsave(uint32_t leaf1_ecx) { return bit(leaf1_ecx, 27); }  // OSXSAVE: XGETBV exists

#if defined(__x86_64__) || defined(_M_X64)
constexpr bool kVectorKernels = true;

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
#else
constexpr bool kVectorKernels = false;
#endif

bool has_avx2(const CpuRegisters& cpu) {
  const bool fma = bit(cpu.leaf1_ecx, 12);
  const bool avx = bit(cpu.leaf1_ecx, 28);
  const bool ymm = (cpu.xcr0 & 0x06) == 0x06;  // SSE and AVX registers
  return has_xsave(cpu.leaf1_ecx) && avx && fma && ymm && cpu.leaves >= 7 && bit(cpu.leaf7_ebx, 5);
}

bool has_avx512(const CpuRegisters& cpu) {
  const bool zmm = (cpu.xcr0 & 0xe6) == 0xe6;  // and mask, upper and high ZMM registers
  return has_avx2(cpu) && zmm && bit(cpu.leaf7_ebx, 16) && bit(cpu.leaf7_ebx, 17) && bit(cpu.leaf7_ebx, 30) &&
         bit(cpu.leaf7_ebx, 31);  // F, DQ, BW, VL
}

}  // namespace

CpuRegisters cpu_registers() {
  CpuRegisters cpu{};
#if defined(__x86_64__) || defined(_M_X64)
  cpu.leaves = cpuid(0, 0).eax;
  cpu.leaf1_ecx = cpuid(1, 0).ecx;
  if (cpu.leaves >= 7) cpu.leaf7_ebx = cpuid(7, 0).ebx;
  if (has_xsave(cpu.leaf1_ecx)) cpu.xcr0 = enabled_state();
#endif
  return cpu;
}

bool isa_supported(Isa isa, const CpuRegisters& cpu) {
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::avx2:
      return kVectorKernels && has_avx2(cpu);
    case Isa::avx512:
      return kVectorKernels && has_avx512(cpu);
  }
  return false;
}

bool isa_supported(Isa isa) {
  static const CpuRegisters here = cpu_registers();
  return isa_supported(isa, here);
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
