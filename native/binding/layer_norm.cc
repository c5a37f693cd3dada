#include "../ops/layer_norm.h"

#include "ops.h"

namespace strided::binding {
namespace {

LayerNormProblem read_problem(Call& call) {
  const Fields f = call.problem();
  return {f.integer("rows"), f.integer("size", 1), f.number("eps")};
}

int64_t size(const LayerNormProblem& p) { return product({p.rows, p.size}); }

// Root mean square normalization has neither means nor a bias.
void forward(Call& call, bool centred) {
  const LayerNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* weight = call.optional_floats(p.size);
  const float* bias = centred ? call.optional_floats(p.size) : nullptr;
  LayerNormStats saved{};
  if (centred) saved.mean = call.floats(p.rows);
  saved.rstd = call.floats(p.rows);
  call.run(strided::layer_norm_forward, p, input, weight, bias, saved, call.floats(size(p)));
}

void backward(Call& call, bool centred) {
  const LayerNormProblem p = read_problem(call);
  const float* input = call.floats(size(p));
  const float* grad_output = call.floats(size(p));
  LayerNormStats saved{};
  if (centred) saved.mean = call.floats(p.rows);
  saved.rstd = call.floats(p.rows);
  const float* weight = call.optional_floats(p.size);
  LayerNormGrads grads{};
  grads.input = call.floats(size(p));
  grads.weight = call.optional_floats(p.size);
  if (centred) grads.bias = call.optional_floats(p.size);
  call.run(strided::layer_norm_backward, p, input, grad_output, saved, weight, grads);
}

}  // namespace

void layer_norm_forward(Call& call) { forward(call, true); }
void layer_norm_backward(Call& call) { backward(call, true); }
void rms_norm_forward(Call& call) { forward(call, false); }
void rms_norm_backward(Call& call) { backward(call, false); }

}  // namespace strided::binding
