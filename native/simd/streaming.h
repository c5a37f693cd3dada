// When to write past the caches.
#pragma once

#include <cstdint>

namespace strided {

// Outputs of at least so many floats, 32 MB, are not stored to the caches: nobody would find them there. A line that is
// stored is else read from memory first (measured on two Zen 4 cores beyond the last-level cache: ReLU from 19 to 28
// GB/s, a sum from 12 to 19).
constexpr int64_t kStreamedSize = int64_t{1} << 23;
// Slices of such outputs; no other ones are so long, so that a loop over a slice can tell by its length.
constexpr int64_t kStreamedSlice = int64_t{1} << 18;

}  // namespace strided
