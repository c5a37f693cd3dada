// Waiting without giving up the core, for the microseconds in which that is cheaper.
#pragma once

#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace strided {

inline void cpu_pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins at first, then yields: when other processes want the core, spinning would hold up the very thread waited for.
class Spinner {
 public:
  void pause() {
    if (spins_ < kSpins) {
      spins_++;
      cpu_pause();
    } else {
      std::this_thread::yield();
    }
  }

 private:
  // About 50 us at 13 to 26 ns a pause.
  static constexpr int kSpins = 2000;
  int spins_ = 0;
};

}  // namespace strided
