// One step of RMSprop over any number of parameters in one parallel loop; kernels/rmsprop.h has the formula.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct RmspropParameter {
  int64_t size;
  const RmspropStep* step;
  float* param;
  const float* grad;
  float* square;
  float* average;  // null when not centered
  float* buffer;   // null without momentum
};

void rmsprop_step(const Context& context, const std::vector<RmspropParameter>& parameters);

}  // namespace strided
