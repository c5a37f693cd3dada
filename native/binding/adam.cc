#include "../ops/adam.h"

#include <cmath>

#include "groups.h"
#include "ops.h"

namespace strided::binding {
namespace {

AdamStep read_step(const Fields& f) {
  const bool decoupled = f.boolean("decoupled");
  const double lr = f.number("lr");
  const double weight_decay = f.number("weightDecay");
  AdamStep step{};
  step.beta1 = static_cast<float>(f.number("beta1"));
  step.rest1 = static_cast<float>(1 - f.number("beta1"));
  step.beta2 = static_cast<float>(f.number("beta2"));
  step.rest2 = static_cast<float>(1 - f.number("beta2"));
  step.step_size = static_cast<float>(lr / f.number("correction1"));
  step.scale = static_cast<float>(1 / std::sqrt(f.number("correction2")));
  step.eps = static_cast<float>(f.number("eps"));
  step.weight_decay = decoupled ? 0.0f : static_cast<float>(weight_decay);
  step.shrink = decoupled ? static_cast<float>(1 - lr * weight_decay) : 1.0f;
  step.maximize = f.boolean("maximize");
  return step;
}

bool has_amsgrad(const Fields& f) { return f.boolean("amsgrad"); }

}  // namespace

void adam_step(Call& call) {
  const Groups groups(call.problem());
  std::vector<AdamStep> steps = groups.steps(read_step);
  const std::vector<float*> params = call.float_list(groups.sizes());
  const std::vector<float*> grads = call.float_list(groups.sizes());
  const std::vector<float*> averages = call.float_list(groups.sizes());
  const std::vector<float*> squares = call.float_list(groups.sizes());
  const std::vector<float*> tops = groups.state(call, has_amsgrad);
  std::vector<AdamParameter> parameters;
  for (size_t i = 0; i < params.size(); i++) {
    parameters.push_back(
        {groups.sizes()[i], &steps[groups.group(i)], params[i], grads[i], averages[i], squares[i], tops[i]});
  }
  call.run(Held{std::move(steps), strided::adam_step}, std::move(parameters));
}

}  // namespace strided::binding
