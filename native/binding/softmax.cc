#include "../ops/softmax.h"

#include "ops.h"

namespace strided::binding {
namespace {

void forward(Call& call, bool log) {
  const Fields f = call.problem();
  const SoftmaxProblem p{f.integer("outer"), f.integer("size", 1), f.integer("inner"), log};
  const int64_t size = product({p.outer, p.size, p.inner});
  const float* input = call.floats(size);
  float* output = call.floats(size);
  if (size > 0) call.run(strided::softmax_forward, p, input, output);
}

void backward(Call& call, bool log) {
  const Fields f = call.problem();
  const SoftmaxProblem p{f.integer("outer"), f.integer("size", 1), f.integer("inner"), log};
  const int64_t size = product({p.outer, p.size, p.inner});
  const float* output = call.floats(size);
  const float* grad_output = call.floats(size);
  float* grad_input = call.floats(size);
  if (size > 0) call.run(strided::softmax_backward, p, output, grad_output, grad_input);
}

}  // namespace

void softmax_forward(Call& call) { forward(call, false); }
void softmax_backward(Call& call) { backward(call, false); }
void log_softmax_forward(Call& call) { forward(call, true); }
void log_softmax_backward(Call& call) { backward(call, true); }

}  // namespace strided::binding
