#include "ops.h"
#include "targets.h"

namespace strided::binding {

void nll_loss_forward(Call& call) {
  const NllProblem p = read_rows(call.problem());
  const float* input = call.floats(product({p.rows, p.c}));
  const int32_t* target = read_targets(call, p);
  const float* weight = call.optional_floats(p.c);
  float* loss = call.floats(loss_size(p));
  strided::nll_loss_forward(call.context(), p, input, target, weight, loss, call.floats(1));
}

void nll_loss_backward(Call& call) {
  const NllProblem p = read_rows(call.problem());
  const float* grad_loss = call.floats(loss_size(p));
  const int32_t* target = read_targets(call, p);
  const float* weight = call.optional_floats(p.c);
  const float* saved_total = call.floats(1);
  strided::nll_loss_backward(call.context(), p, grad_loss, target, weight, saved_total,
                             call.floats(product({p.rows, p.c})));
}

}  // namespace strided::binding
