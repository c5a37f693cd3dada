#include "../ops/local_response_norm.h"

#include "ops.h"

namespace strided::binding {
namespace {

LocalResponseNormProblem read_problem(Call& call) {
  const Fields f = call.problem();
  return {f.integer("rows"), f.integer("c", 1), f.integer("size", 1),
          f.number("alpha"), f.number("beta"),  f.number("k")};
}

}  // namespace

void local_response_norm_forward(Call& call) {
  const LocalResponseNormProblem p = read_problem(call);
  const int64_t size = product({p.rows, p.c});
  const float* input = call.floats(size);
  float* output = call.floats(size);
  if (size > 0) call.run(strided::local_response_norm_forward, p, input, output);
}

void local_response_norm_backward(Call& call) {
  const LocalResponseNormProblem p = read_problem(call);
  const int64_t size = product({p.rows, p.c});
  const float* input = call.floats(size);
  const float* grad_output = call.floats(size);
  float* grad_input = call.floats(size);
  if (size > 0) call.run(strided::local_response_norm_backward, p, input, grad_output, grad_input);
}

}  // namespace strided::binding
