#include "../ops/softmax.h"
#include "ops.h"

namespace strided::binding {
namespace {

CrossEntropyProblem read_problem(Call& call) {
  const Fields f = call.problem();
  CrossEntropyProblem p{};
  p.rows = f.integer("rows");
  p.c = f.integer("c", 1);
  // Any number; what a 32-bit target cannot hold ignores nothing.
  const double ignored = f.number("ignoreIndex");
  p.ignore_index = ignored >= INT32_MIN && ignored <= INT32_MAX ? static_cast<int64_t>(ignored) : INT64_MAX;
  p.label_smoothing = f.number("labelSmoothing");
  p.reduction = static_cast<Reduction>(f.choice("reduction", {"none", "mean", "sum"}));
  return p;
}

int64_t loss_size(const CrossEntropyProblem& p) { return p.reduction == Reduction::none ? p.rows : 1; }

void check_targets(const CrossEntropyProblem& p, const int32_t* target) {
  const int64_t bad = find_bad_target(p, target);
  if (bad < 0) return;
  throw ArgumentError{"target " + std::to_string(target[bad]) + " at position " + std::to_string(bad) +
                      " is outside the " + std::to_string(p.c) + " classes"};
}

}  // namespace

void cross_entropy_forward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* logits = call.floats(product({p.rows, p.c}));
  const int32_t* target = call.buffer<int32_t>(p.rows);
  const float* weight = call.optional_floats(p.c);
  float* loss = call.floats(loss_size(p));
  float* saved_lse = call.floats(p.rows);
  float* saved_total = call.floats(1);
  check_targets(p, target);
  strided::cross_entropy_forward(call.context(), p, logits, target, weight, loss, saved_lse, saved_total);
}

void cross_entropy_backward(Call& call) {
  const CrossEntropyProblem p = read_problem(call);
  const float* grad_loss = call.floats(loss_size(p));
  const float* logits = call.floats(product({p.rows, p.c}));
  const int32_t* target = call.buffer<int32_t>(p.rows);
  const float* weight = call.optional_floats(p.c);
  const float* saved_lse = call.floats(p.rows);
  const float* saved_total = call.floats(1);
  float* grad_logits = call.floats(product({p.rows, p.c}));
  check_targets(p, target);
  strided::cross_entropy_backward(call.context(), p, grad_loss, logits, target, weight, saved_lse, saved_total,
                                  grad_logits);
}

}  // namespace strided::binding
