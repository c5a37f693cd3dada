#include "../ops/sgd.h"

#include "groups.h"
#include "ops.h"

namespace strided::binding {
namespace {

SgdStep read_step(const Fields& f) {
  const bool decoupled = f.boolean("decoupled");
  const double lr = f.number("lr");
  const double weight_decay = f.number("weightDecay");
  SgdStep step{};
  step.lr = static_cast<float>(lr);
  step.momentum = static_cast<float>(f.number("momentum"));
  step.undamped = static_cast<float>(1 - f.number("dampening"));
  step.weight_decay = decoupled ? 0.0f : static_cast<float>(weight_decay);
  step.shrink = decoupled ? static_cast<float>(1 - lr * weight_decay) : 1.0f;
  step.nesterov = f.boolean("nesterov");
  step.maximize = f.boolean("maximize");
  step.first = f.boolean("first");
  return step;
}

bool has_momentum(const Fields& f) { return f.number("momentum") != 0; }

}  // namespace

void sgd_step(Call& call) {
  const Groups groups(call.problem());
  std::vector<SgdStep> steps = groups.steps(read_step);
  const std::vector<float*> params = call.float_list(groups.sizes());
  const std::vector<float*> grads = call.float_list(groups.sizes());
  const std::vector<float*> buffers = groups.state(call, has_momentum);
  std::vector<SgdParameter> parameters;
  for (size_t i = 0; i < params.size(); i++) {
    parameters.push_back({groups.sizes()[i], &steps[groups.group(i)], params[i], grads[i], buffers[i]});
  }
  call.run(Held{std::move(steps), strided::sgd_step}, std::move(parameters));
}

}  // namespace strided::binding
