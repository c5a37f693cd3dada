#include "../ops/cross_entropy.h"

#include "ops.h"
#include "targets.h"

namespace strided::binding {
namespace {

CrossEntropyProblem read_problem(Call& call) {
  const Fields f = call.problem();
  return {read_rows(f), f.number("labelSmoothing")};
}

int64_t size(const CrossEntropyProblem& p) { return product({p.rows.rows, p.rows.c}); }

LogSumExp* saved_rows(Call& call, const CrossEntropyProblem& p) {
  static_assert(sizeof(LogSumExp) == 2 * sizeof(float));
  return reinterpret_cast<LogSumExp*>(call.floats(product({2, p.rows.rows})));
}

}  // namespace

void cross_entropy_forward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* logits = call.floats(size(p));
  const int32_t* target = call.buffer<int32_t>(p.rows.rows);
  const float* weight = call.optional_floats(p.rows.c);
  float* loss = call.floats(loss_size(p.rows));
  LogSumExp* saved = saved_rows(call, p);
  call.run(checked(p.rows, target, strided::cross_entropy_forward), p, logits, target, weight, loss, saved,
           call.floats(1));
}

void cross_entropy_backward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* grad_loss = call.floats(loss_size(p.rows));
  const float* logits = call.floats(size(p));
  const int32_t* target = call.buffer<int32_t>(p.rows.rows);
  const float* weight = call.optional_floats(p.rows.c);
  const LogSumExp* saved = saved_rows(call, p);
  const float* saved_total = call.floats(1);
  call.run(checked(p.rows, target, strided::cross_entropy_backward), p, grad_loss, logits, target, weight, saved,
           saved_total, call.floats(size(p)));
}

void soft_cross_entropy_forward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* logits = call.floats(size(p));
  const float* target = call.floats(size(p));
  const float* weight = call.optional_floats(p.rows.c);
  float* loss = call.floats(loss_size(p.rows));
  call.run(strided::soft_cross_entropy_forward, p, logits, target, weight, loss, saved_rows(call, p));
}

void soft_cross_entropy_backward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* grad_loss = call.floats(loss_size(p.rows));
  const float* logits = call.floats(size(p));
  const float* target = call.floats(size(p));
  const float* weight = call.optional_floats(p.rows.c);
  const LogSumExp* saved = saved_rows(call, p);
  float* grad_logits = call.optional_floats(size(p));
  float* grad_target = call.optional_floats(size(p));
  call.run(strided::soft_cross_entropy_backward, p, grad_loss, logits, target, weight, saved, grad_logits, grad_target);
}

}  // namespace strided::binding
