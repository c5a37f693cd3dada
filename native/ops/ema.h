// One step of an exponential moving average over any number of tensors in one parallel loop; the formula is in
// kernels/ema.h.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct EmaTensor {
  int64_t size;
  float* average;
  const float* value;
};

void ema_step(const Context& context, float rest, const std::vector<EmaTensor>& tensors);

}  // namespace strided
