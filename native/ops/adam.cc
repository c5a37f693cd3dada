#include "adam.h"

#include "parameters.h"

namespace strided {

void adam_step(const Context& context, const std::vector<AdamParameter>& parameters) {
  for_stretches(context, parameters, [&](int64_t, const AdamParameter& p, int64_t offset, int64_t length) {
    context.kernels->adam.step(*p.step, length, p.param + offset, p.grad + offset, p.average + offset,
                               p.square + offset, advance(p.top, offset));
  });
}

}  // namespace strided
