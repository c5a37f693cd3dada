#include "../ops/batch_norm.h"

#include "ops.h"

namespace strided::binding {
namespace {

// A problem and how much of each kind of buffer it has.
struct Sizes {
  BatchNormProblem problem;
  bool add;
  int64_t all, bits;
};

Sizes read_problem(Call& call) {
  const Fields f = call.problem();
  const BatchNormProblem p{f.integer("rows", 1), f.integer("c", 1), f.number("eps"), f.number("momentum"),
                           f.boolean("relu")};
  const int64_t all = product({p.rows, p.c});
  return {p, f.boolean("add"), all, all / 8 + (all % 8 != 0)};
}

// The buffers of forward but for input, weight and bias, which come first.
void read_rest(Call& call, const Sizes& s, BatchNormBuffers* buffers) {
  buffers->residual = s.add ? call.floats(s.all) : call.optional_floats(0);
  buffers->bits = call.optional_buffer<uint8_t>(s.bits);
  buffers->output = call.floats(s.all);
  if (!s.add && buffers->residual != nullptr) throw ArgumentError{"a residual goes with the problem's add"};
  if (!s.problem.relu && buffers->bits != nullptr) throw ArgumentError{"bits go with the problem's relu"};
}

struct Backward {
  BatchNormSaved saved;
  BatchNormGrads grads;
};

Backward read_backward(Call& call, const Sizes& s) {
  Backward b{};
  b.saved.input = call.floats(s.all);
  b.saved.grad_output = call.floats(s.all);
  b.saved.mean = call.floats(s.problem.c);
  b.saved.spread = call.floats(s.problem.c);
  b.saved.weight = call.optional_floats(s.problem.c);
  b.saved.bits = s.problem.relu ? call.buffer<uint8_t>(s.bits) : call.optional_buffer<uint8_t>(0);
  b.grads.input = call.floats(s.all);
  b.grads.weight = call.optional_floats(s.problem.c);
  b.grads.bias = call.optional_floats(s.problem.c);
  b.grads.residual = call.optional_floats(s.all);
  if (b.grads.residual != nullptr && b.saved.bits == nullptr) throw ArgumentError{"a residual's gradient needs bits"};
  if (!s.problem.relu && b.saved.bits != nullptr) throw ArgumentError{"bits go with the problem's relu"};
  return b;
}

}  // namespace

void batch_norm_forward(Call& call) {
  const Sizes s = read_problem(call);
  const int64_t c = s.problem.c;
  BatchNormBuffers buffers{};
  buffers.input = call.floats(s.all);
  buffers.moments = call.optional_floats(product({3, c}));
  buffers.weight = call.optional_floats(c);
  buffers.bias = call.optional_floats(c);
  BatchNormStats stats{};
  stats.running_mean = call.optional_floats(c);
  stats.running_var = call.optional_floats(c);
  stats.saved_mean = call.floats(c);
  stats.saved_rstd = call.floats(c);
  if ((stats.running_mean == nullptr) != (stats.running_var == nullptr)) {
    throw ArgumentError{"running mean and variance go together"};
  }
  read_rest(call, s, &buffers);
  call.run(strided::batch_norm_forward, s.problem, buffers, stats);
}

void batch_norm_backward(Call& call) {
  const Sizes s = read_problem(call);
  const Backward b = read_backward(call, s);
  call.run(strided::batch_norm_backward, s.problem, b.saved, b.grads);
}

void batch_norm_eval_forward(Call& call) {
  const Sizes s = read_problem(call);
  const int64_t c = s.problem.c;
  BatchNormBuffers buffers{};
  buffers.input = call.floats(s.all);
  const float* mean = call.floats(c);
  const float* variance = call.floats(c);
  buffers.weight = call.optional_floats(c);
  buffers.bias = call.optional_floats(c);
  read_rest(call, s, &buffers);
  call.run(strided::batch_norm_eval_forward, s.problem, buffers, mean, variance);
}

void batch_norm_eval_backward(Call& call) {
  const Sizes s = read_problem(call);
  const Backward b = read_backward(call, s);
  call.run(strided::batch_norm_eval_backward, s.problem, b.saved, b.grads);
}

}  // namespace strided::binding
