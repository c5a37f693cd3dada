#include "../ops/batch_norm.h"

#include "ops.h"

namespace strided::binding {
namespace {

BatchNormProblem read_problem(Call& call) {
  const Fields f = call.problem();
  return {f.integer("rows", 1), f.integer("c", 1), f.number("eps"), f.number("momentum")};
}

int64_t size(const BatchNormProblem& p) { return product({p.rows, p.c}); }

BatchNormGrads read_grads(Call& call, const BatchNormProblem& p) {
  BatchNormGrads grads{};
  grads.input = call.floats(size(p));
  grads.weight = call.optional_floats(p.c);
  grads.bias = call.optional_floats(p.c);
  return grads;
}

}  // namespace

void batch_norm_forward(Call& call) {
  const BatchNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* weight = call.optional_floats(p.c);
  const float* bias = call.optional_floats(p.c);
  BatchNormStats stats{};
  stats.running_mean = call.optional_floats(p.c);
  stats.running_var = call.optional_floats(p.c);
  stats.saved_mean = call.floats(p.c);
  stats.saved_rstd = call.floats(p.c);
  if ((stats.running_mean == nullptr) != (stats.running_var == nullptr)) {
    throw ArgumentError{"running mean and variance go together"};
  }
  strided::batch_norm_forward(call.context(), p, input, weight, bias, stats, call.floats(size(p)));
}

void batch_norm_backward(Call& call) {
  const BatchNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* grad_output = call.floats(size(p));
  const float* mean = call.floats(p.c);
  const float* rstd = call.floats(p.c);
  const float* weight = call.optional_floats(p.c);
  const BatchNormGrads grads = read_grads(call, p);
  strided::batch_norm_backward(call.context(), p, input, grad_output, mean, rstd, weight, grads);
}

void batch_norm_eval_forward(Call& call) {
  const BatchNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* mean = call.floats(p.c);
  const float* variance = call.floats(p.c);
  const float* weight = call.optional_floats(p.c);
  const float* bias = call.optional_floats(p.c);
  strided::batch_norm_eval_forward(call.context(), p, input, mean, variance, weight, bias, call.floats(size(p)));
}

void batch_norm_eval_backward(Call& call) {
  const BatchNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* grad_output = call.floats(size(p));
  const float* mean = call.floats(p.c);
  const float* variance = call.floats(p.c);
  const float* weight = call.optional_floats(p.c);
  const BatchNormGrads grads = read_grads(call, p);
  strided::batch_norm_eval_backward(call.context(), p, input, grad_output, mean, variance, weight, grads);
}

}  // namespace strided::binding
