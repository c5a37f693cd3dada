// Limits on the gradients of all parameters together; the terms are in kernels/clip_grad.h.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

struct Gradient {
  int64_t size;
  float* values;
};

// Scales all gradients by min(1, limit / (norm + 1e-6)), where norm = (sum |x|^p)^(1/p) over all of them, or the
// largest magnitude for p = 0, and returns the norm. A norm that is not finite leaves the gradients alone when
// `only_finite`.
double clip_grad_norm(const Context& context, double limit, double p, bool only_finite,
                      const std::vector<Gradient>& grads);

// Limits every element to [-limit, limit].
void clip_grad_value(const Context& context, float limit, const std::vector<Gradient>& grads);

}  // namespace strided
