#include "ops.h"
#include "targets.h"

namespace strided::binding {

void nll_loss_forward(Call& call) {
  const NllProblem p = read_rows(call.problem());
  const float* input = call.floats(product({p.rows, p.c}));
  const int32_t* target = call.buffer<int32_t>(p.rows);
  const float* weight = call.optional_floats(p.c);
  float* loss = call.floats(loss_size(p));
  call.run(checked(p, target, strided::nll_loss_forward), p, input, target, weight, loss, call.floats(1));
}

void nll_loss_backward(Call& call) {
  const NllProblem p = read_rows(call.problem());
  const float* grad_loss = call.floats(loss_size(p));
  const int32_t* target = call.buffer<int32_t>(p.rows);
  const float* weight = call.optional_floats(p.c);
  const float* saved_total = call.floats(1);
  call.run(checked(p, target, strided::nll_loss_backward), p, grad_loss, target, weight, saved_total,
           call.floats(product({p.rows, p.c})));
}

}  // namespace strided::binding
