// What this CPU and operating system can run.
#pragma once

#include "../simd/isa.h"

namespace strided {

// Whether the kernels compiled for `isa` may run: the instructions exist (CPUID) and the system saves their registers
// (XGETBV), and this build contains them.
bool isa_supported(Isa isa);

// The best supported one.
Isa best_isa();

const char* isa_name(Isa isa);

}  // namespace strided
