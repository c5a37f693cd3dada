// Tells AddressSanitizer which parts of the pool's memory may be touched; nothing in any other build.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRIDED_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define STRIDED_POISON 1
#endif

#if defined(STRIDED_POISON)
#include <sanitizer/asan_interface.h>
#endif

namespace strided {

#if defined(STRIDED_POISON)
constexpr bool kPoisons = true;
inline void poison(const void* block, size_t bytes) { __asan_poison_memory_region(block, bytes); }
inline void unpoison(const void* block, size_t bytes) { __asan_unpoison_memory_region(block, bytes); }
#else
constexpr bool kPoisons = false;
inline void poison(const void*, size_t) {}
inline void unpoison(const void*, size_t) {}
#endif

}  // namespace strided
