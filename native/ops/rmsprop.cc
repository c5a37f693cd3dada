#include "rmsprop.h"

#include "parameters.h"

namespace strided {

void rmsprop_step(const Context& context, const std::vector<RmspropParameter>& parameters) {
  for_stretches(context, parameters, [&](int64_t, const RmspropParameter& p, int64_t offset, int64_t length) {
    context.kernels->rmsprop.step(*p.step, length, p.param + offset, p.grad + offset, p.square + offset,
                                  advance(p.average, offset), advance(p.buffer, offset));
  });
}

}  // namespace strided
