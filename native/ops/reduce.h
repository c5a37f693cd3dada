// Reductions over the middle of a dense [outer, size, inner] buffer into [outer, inner].
#pragma once

#include "context.h"

namespace strided {

enum class Reduce { sum, mean, var, max, min, argmax, argmin };

struct ReduceProblem {
  Reduce op;
  int64_t outer, size, inner;
  double correction;
};

// output is int32 for argmax and argmin, else float32.
void reduce(const Context& context, const ReduceProblem& problem, const float* input, void* output);

}  // namespace strided
