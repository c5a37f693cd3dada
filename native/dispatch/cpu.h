// What this CPU and operating system can run.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// The words by which an x86-64 CPU and its operating system say what runs. All zero on other CPUs.
struct CpuRegisters {
  uint32_t leaves;     // CPUID 0, EAX: the highest leaf; above it a CPU answers with what it likes
  uint32_t leaf1_ecx;  // CPUID 1, ECX
  uint32_t leaf7_ebx;  // CPUID 7.0, EBX
  uint64_t xcr0;       // XGETBV 0: the registers that the system saves; asked only where CPUID allows it
};

// Those of this CPU.
CpuRegisters cpu_registers();

// Whether the kernels compiled for `isa` may run: the instructions exist (CPUID), the system saves their registers
// (XGETBV), and this build contains them.
bool isa_supported(Isa isa, const CpuRegisters& cpu);
bool isa_supported(Isa isa);

const char* isa_name(Isa isa);

}  // namespace strided
