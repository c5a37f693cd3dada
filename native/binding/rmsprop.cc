#include "../ops/rmsprop.h"

#include "groups.h"
#include "ops.h"

namespace strided::binding {
namespace {

RmspropStep read_step(const Fields& f) {
  RmspropStep step{};
  step.lr = static_cast<float>(f.number("lr"));
  step.alpha = static_cast<float>(f.number("alpha"));
  step.rest = static_cast<float>(1 - f.number("alpha"));
  step.eps = static_cast<float>(f.number("eps"));
  step.weight_decay = static_cast<float>(f.number("weightDecay"));
  step.momentum = static_cast<float>(f.number("momentum"));
  step.maximize = f.boolean("maximize");
  return step;
}

bool is_centered(const Fields& f) { return f.boolean("centered"); }
bool has_momentum(const Fields& f) { return f.number("momentum") != 0; }

}  // namespace

void rmsprop_step(Call& call) {
  const Groups groups(call.problem());
  std::vector<RmspropStep> steps = groups.steps(read_step);
  const std::vector<float*> params = call.float_list(groups.sizes());
  const std::vector<float*> grads = call.float_list(groups.sizes());
  const std::vector<float*> squares = call.float_list(groups.sizes());
  const std::vector<float*> averages = groups.state(call, is_centered);
  const std::vector<float*> buffers = groups.state(call, has_momentum);
  std::vector<RmspropParameter> parameters;
  for (size_t i = 0; i < params.size(); i++) {
    parameters.push_back(
        {groups.sizes()[i], &steps[groups.group(i)], params[i], grads[i], squares[i], averages[i], buffers[i]});
  }
  call.run(Held{std::move(steps), strided::rmsprop_step}, std::move(parameters));
}

}  // namespace strided::binding
