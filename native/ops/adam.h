// One step of Adam or AdamW over any number of parameters in one parallel loop; kernels/adam.h has the formula.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct AdamParameter {
  int64_t size;
  const AdamStep* step;
  float* param;
  const float* grad;
  float* average;
  float* square;
  float* top;  // null without AMSGrad
};

void adam_step(const Context& context, const std::vector<AdamParameter>& parameters);

}  // namespace strided
