#include "../ops/sgd.h"

#include "ops.h"

namespace strided::binding {

void sgd_step(Call& call) {
  const Fields f = call.problem();
  SgdStep step{};
  step.lr = static_cast<float>(f.number("lr"));
  step.momentum = static_cast<float>(f.number("momentum"));
  step.undamped = static_cast<float>(1 - f.number("dampening"));
  step.weight_decay = static_cast<float>(f.number("weightDecay"));
  step.nesterov = f.boolean("nesterov");
  step.maximize = f.boolean("maximize");
  step.first = f.boolean("first");
  const std::vector<int64_t> sizes = f.integers("sizes");
  const std::vector<float*> params = call.float_list(sizes);
  const std::vector<float*> grads = call.float_list(sizes);
  const bool has_momentum = f.number("momentum") != 0;
  const std::vector<float*> buffers = call.float_list(has_momentum ? sizes : std::vector<int64_t>{});
  std::vector<SgdParameter> parameters;
  parameters.reserve(sizes.size());
  for (size_t i = 0; i < sizes.size(); i++) {
    parameters.push_back({sizes[i], params[i], grads[i], has_momentum ? buffers[i] : nullptr});
  }
  strided::sgd_step(call.context(), step, parameters);
}

}  // namespace strided::binding
