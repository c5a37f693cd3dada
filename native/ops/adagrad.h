// One step of Adagrad over any number of parameters in one parallel loop; kernels/adagrad.h has the formula.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct AdagradParameter {
  int64_t size;
  const AdagradStep* step;
  float* param;
  const float* grad;
  float* sum;
};

void adagrad_step(const Context& context, const std::vector<AdagradParameter>& parameters);

}  // namespace strided
