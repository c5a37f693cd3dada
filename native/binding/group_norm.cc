#include "../ops/group_norm.h"

#include "ops.h"

namespace strided::binding {
namespace {

GroupNormProblem read_problem(Call& call) {
  const Fields f = call.problem();
  const GroupNormProblem p{f.integer("n"), f.integer("spatial", 1), f.integer("c", 1), f.integer("groups", 1),
                           f.number("eps")};
  if (p.c % p.groups != 0) throw ArgumentError{"groups must divide c"};
  return p;
}

int64_t size(const GroupNormProblem& p) { return product({p.n, p.spatial, p.c}); }

GroupNormStats read_stats(Call& call, const GroupNormProblem& p) {
  GroupNormStats stats{};
  stats.mean = call.floats(product({p.n, p.groups}));
  stats.rstd = call.floats(product({p.n, p.groups}));
  return stats;
}

}  // namespace

void group_norm_forward(Call& call) {
  const GroupNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* weight = call.optional_floats(p.c);
  const float* bias = call.optional_floats(p.c);
  const GroupNormStats saved = read_stats(call, p);
  float* output = call.floats(size(p));
  if (size(p) > 0) call.run(strided::group_norm_forward, p, input, weight, bias, saved, output);
}

void group_norm_backward(Call& call) {
  const GroupNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* grad_output = call.floats(size(p));
  const GroupNormStats saved = read_stats(call, p);
  const float* weight = call.optional_floats(p.c);
  GroupNormGrads grads{};
  grads.input = call.floats(size(p));
  grads.weight = call.optional_floats(p.c);
  grads.bias = call.optional_floats(p.c);
  call.run(strided::group_norm_backward, p, input, grad_output, saved, weight, grads);
}

}  // namespace strided::binding
