#include "../ops/pointwise_loss.h"

#include "ops.h"

namespace strided::binding {
namespace {

PointwiseLossProblem read_problem(Call& call) {
  const Fields f = call.problem();
  PointwiseLossProblem p{};
  p.op = static_cast<PointwiseLoss>(
      f.choice("op", {"mse", "l1", "smoothL1", "huber", "bce", "bceWithLogits", "klDiv", "klDivLog"}));
  p.size = f.integer("size", 1);
  p.width = f.integer("width", 1);
  if (p.size % p.width != 0) throw ArgumentError{"width must divide size"};
  p.a = static_cast<float>(f.number("a"));
  p.each = f.boolean("each");
  p.divisor = f.number("divisor");
  return p;
}

LossInputs read_inputs(Call& call, const PointwiseLossProblem& p) {
  LossInputs inputs{};
  inputs.input = call.floats(p.size);
  inputs.target = call.floats(p.size);
  inputs.weight = call.optional_floats(p.width);
  inputs.pos_weight = call.optional_floats(p.width);
  return inputs;
}

}  // namespace

void pointwise_loss_forward(Call& call) {
  const PointwiseLossProblem p = read_problem(call);
  const LossInputs inputs = read_inputs(call, p);
  call.run(strided::pointwise_loss_forward, p, inputs, call.floats(p.each ? p.size : 1));
}

void pointwise_loss_backward(Call& call) {
  const PointwiseLossProblem p = read_problem(call);
  const LossInputs inputs = read_inputs(call, p);
  const float* grad_loss = call.floats(p.each ? p.size : 1);
  float* grad_input = call.optional_floats(p.size);
  float* grad_target = call.optional_floats(p.size);
  call.run(strided::pointwise_loss_backward, p, inputs, grad_loss, grad_input, grad_target);
}

}  // namespace strided::binding
