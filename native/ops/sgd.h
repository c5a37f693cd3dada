// One optimizer step over any number of parameters in one parallel loop; kernels/sgd.h has the formula.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct SgdParameter {
  int64_t size;
  float* param;
  const float* grad;
  float* buffer;  // null without momentum
};

void sgd_step(const Context& context, const SgdStep& step, const std::vector<SgdParameter>& parameters);

}  // namespace strided
