#include "../ops/adagrad.h"

#include "groups.h"
#include "ops.h"

namespace strided::binding {
namespace {

AdagradStep read_step(const Fields& f) {
  AdagradStep step{};
  step.lr = static_cast<float>(f.number("lr"));
  step.eps = static_cast<float>(f.number("eps"));
  step.weight_decay = static_cast<float>(f.number("weightDecay"));
  step.maximize = f.boolean("maximize");
  return step;
}

}  // namespace

void adagrad_step(Call& call) {
  const Groups groups(call.problem());
  std::vector<AdagradStep> steps = groups.steps(read_step);
  const std::vector<float*> params = call.float_list(groups.sizes());
  const std::vector<float*> grads = call.float_list(groups.sizes());
  const std::vector<float*> sums = call.float_list(groups.sizes());
  std::vector<AdagradParameter> parameters;
  for (size_t i = 0; i < params.size(); i++) {
    parameters.push_back({groups.sizes()[i], &steps[groups.group(i)], params[i], grads[i], sums[i]});
  }
  call.run(Held{std::move(steps), strided::adagrad_step}, std::move(parameters));
}

}  // namespace strided::binding
