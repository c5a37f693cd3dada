#include "../ops/linear.h"

#include "ops.h"

namespace strided::binding {
namespace {

LinearProblem read_problem(Call& call) {
  const Fields fields = call.problem();
  return {fields.integer("n"), fields.integer("ic"), fields.integer("oc")};
}

}  // namespace

void linear_forward(Call& call) {
  const LinearProblem p = read_problem(call);
  const float* input = call.floats(product({p.n, p.ic}));
  const float* weight = call.floats(product({p.oc, p.ic}));
  const float* bias = call.optional_floats(p.oc);
  float* output = call.floats(product({p.n, p.oc}));
  call.run(strided::linear_forward, p, input, weight, bias, output);
}

void linear_backward_input(Call& call) {
  const LinearProblem p = read_problem(call);
  const float* grad_output = call.floats(product({p.n, p.oc}));
  const float* weight = call.floats(product({p.oc, p.ic}));
  float* grad_input = call.floats(product({p.n, p.ic}));
  call.run(strided::linear_backward_input, p, grad_output, weight, grad_input);
}

void linear_backward_weight(Call& call) {
  const LinearProblem p = read_problem(call);
  const float* input = call.floats(product({p.n, p.ic}));
  const float* grad_output = call.floats(product({p.n, p.oc}));
  float* grad_weight = call.floats(product({p.oc, p.ic}));
  float* grad_bias = call.optional_floats(p.oc);
  call.run(strided::linear_backward_weight, p, input, grad_output, grad_weight, grad_bias);
}

}  // namespace strided::binding
