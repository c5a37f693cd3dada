#include "../ops/clip_grad.h"

#include "ops.h"

namespace strided::binding {
namespace {

std::vector<Gradient> read_grads(Call& call, const Fields& f) {
  const std::vector<int64_t> sizes = f.integers("sizes");
  const std::vector<float*> values = call.float_list(sizes);
  std::vector<Gradient> grads;
  for (size_t i = 0; i < sizes.size(); i++) grads.push_back({sizes[i], values[i]});
  return grads;
}

}  // namespace

void clip_grad_norm(Call& call) {
  const Fields f = call.problem();
  const double limit = f.number("limit");
  const double p = f.number("p");
  const bool only_finite = f.boolean("onlyFinite");
  const std::vector<Gradient> grads = read_grads(call, f);
  float* norm = call.floats(1);
  call.run(
      [=](const Context& context, const std::vector<Gradient>& all) {
        *norm = static_cast<float>(strided::clip_grad_norm(context, limit, p, only_finite, all));
      },
      grads);
}

void clip_grad_value(Call& call) {
  const Fields f = call.problem();
  const float limit = static_cast<float>(f.number("limit"));
  const std::vector<Gradient> grads = read_grads(call, f);
  call.run(strided::clip_grad_value, limit, grads);
}

}  // namespace strided::binding
