// While it lives, this thread's arithmetic treats denormal numbers as zero; the previous mode comes back afterwards.
//
// Denormals make some CPUs many times slower. The JavaScript thread's own arithmetic must not change, hence the scope.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace strided {

class FlushDenormals {
 public:
#if defined(__x86_64__) || defined(_M_X64)
  // Flush-to-zero is bit 15, denormals-are-zero bit 6 of MXCSR.
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040u); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  uint32_t saved_;
#elif defined(__aarch64__)
  // Flush-to-zero is bit 24 of FPCR.
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t{1} << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  uint64_t saved_;
#else
  FlushDenormals() = default;
#endif

 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace strided
