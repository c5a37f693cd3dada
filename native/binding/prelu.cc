#include "../ops/prelu.h"

#include "ops.h"

namespace strided::binding {
namespace {

PreluProblem read_problem(Call& call) {
  const Fields f = call.problem();
  return {f.integer("rows", 1), f.integer("c", 1)};
}

int64_t size(const PreluProblem& p) { return product({p.rows, p.c}); }

}  // namespace

void prelu_forward(Call& call) {
  const PreluProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* weight = call.floats(p.c);
  call.run(strided::prelu_forward, p, input, weight, call.floats(size(p)));
}

void prelu_backward(Call& call) {
  const PreluProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* weight = call.floats(p.c);
  const float* grad_output = call.floats(size(p));
  float* grad_input = call.floats(size(p));
  call.run(strided::prelu_backward, p, input, weight, grad_output, grad_input, call.optional_floats(p.c));
}

}  // namespace strided::binding
