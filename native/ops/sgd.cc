#include "sgd.h"

#include "parameters.h"

namespace strided {

void sgd_step(const Context& context, const std::vector<SgdParameter>& parameters) {
  for_stretches(context, parameters, [&](int64_t, const SgdParameter& p, int64_t offset, int64_t length) {
    context.kernels->sgd.step(*p.step, length, p.param + offset, p.grad + offset, advance(p.buffer, offset));
  });
}

}  // namespace strided
