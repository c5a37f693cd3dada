#include "adagrad.h"

#include "parameters.h"

namespace strided {

void adagrad_step(const Context& context, const std::vector<AdagradParameter>& parameters) {
  for_stretches(context, parameters, [&](int64_t, const AdagradParameter& p, int64_t offset, int64_t length) {
    context.kernels->adagrad.step(*p.step, length, p.param + offset, p.grad + offset, p.sum + offset);
  });
}

}  // namespace strided
