// Blocks against a page that may not be touched, for tests: a read or write one byte outside stops the process there.
#pragma once

#include <cstddef>

namespace strided {

enum class Guard {
  none,
  before,  // blocks begin where an unmapped page ends
  after,   // blocks end where an unmapped page begins
};

// A block of its own mapping, or nullptr where the system has no more or no such pages.
void* map_guarded(size_t bytes, Guard guard);
void unmap_guarded(void* block, size_t bytes, Guard guard);

}  // namespace strided
