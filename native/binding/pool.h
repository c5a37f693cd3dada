// Problems of poolings as JavaScript passes them.
#pragma once

#include "../ops/pool_windows.h"
#include "call.h"

namespace strided::binding {

// With windows given by size, stride, padding and, if the pooling has it, dilation.
PoolProblem read_pool(const Fields& fields, bool has_dilation);
// With windows that follow from the sizes.
PoolProblem read_adaptive_pool(const Fields& fields);

int64_t pool_inputs(const PoolProblem& problem);
int64_t pool_outputs(const PoolProblem& problem);

}  // namespace strided::binding
