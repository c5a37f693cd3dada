// Partial results that are added in an order that no number of threads changes.
#pragma once

#include "context.h"

namespace strided {

// Adds `count` arrays of `size`, one after the other in memory, in order. `sum` may be the first of them.
void add_parts(const Context& context, int64_t count, int64_t size, const float* parts, float* sum);

}  // namespace strided
