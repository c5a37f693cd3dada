#include "ema.h"

#include "parameters.h"

namespace strided {

void ema_step(const Context& context, float rest, const std::vector<EmaTensor>& tensors) {
  for_stretches(context, tensors, [&](int64_t, const EmaTensor& t, int64_t offset, int64_t length) {
    context.kernels->ema.step(length, rest, t.average + offset, t.value + offset);
  });
}

}  // namespace strided
