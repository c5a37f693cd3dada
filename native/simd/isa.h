// The instruction sets that kernels are compiled for.
//
// Every file in kernels/ is compiled once per instruction set with STRIDED_ISA set to one of the enumerators, and
// defines its table as the specialization for kIsa. A specialization that is missing for one of them is a link error.
#pragma once

namespace strided {

enum class Isa { scalar, avx2, avx512 };

#ifdef STRIDED_ISA
constexpr Isa kIsa = Isa::STRIDED_ISA;
#endif

}  // namespace strided
