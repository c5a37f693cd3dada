// Batched matrix product; see MatmulProblem in the library for the meaning of each field.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct MatmulProblem {
  int64_t m, k, n;
  bool transpose_a, transpose_b;
  std::vector<int64_t> batch_shape, a_batch_strides, b_batch_strides;
};

void matmul(const Context& context, const MatmulProblem& problem, const float* a, const float* b, float* output);

}  // namespace strided
