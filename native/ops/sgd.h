// One step of stochastic gradient descent over any number of parameters in one parallel loop; the formula is in
// kernels/sgd.h.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct SgdParameter {
  int64_t size;
  const SgdStep* step;
  float* param;
  const float* grad;
  float* buffer;  // null without momentum
};

void sgd_step(const Context& context, const std::vector<SgdParameter>& parameters);

}  // namespace strided
