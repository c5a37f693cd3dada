#include "nll_loss.h"

#include <algorithm>

namespace strided {

int64_t find_bad_target(const NllProblem& p, const int32_t* target) {
  for (int64_t r = 0; r < p.rows; r++) {
    if (target[r] != p.ignore_index && (target[r] < 0 || target[r] >= p.c)) return r;
  }
  return -1;
}

double target_weights(const NllProblem& p, const int32_t* target, const float* weight) {
  double total = 0;
  for (int64_t r = 0; r < p.rows; r++) {
    if (target[r] != p.ignore_index) total += weight == nullptr ? 1.0 : weight[target[r]];
  }
  return total;
}

void reduce_rows(Reduction reduction, int64_t rows, const double* losses, double total, float* loss) {
  if (reduction == Reduction::none) {
    for (int64_t r = 0; r < rows; r++) loss[r] = static_cast<float>(losses[r]);
    return;
  }
  double sum = 0;
  for (int64_t r = 0; r < rows; r++) sum += losses[r];
  *loss = static_cast<float>(reduction == Reduction::mean ? sum / total : sum);
}

// One number of each row is read: nothing for a kernel, or for several threads, to do.
void nll_loss_forward(const Context& context, const NllProblem& p, const float* input, const int32_t* target,
                      const float* weight, float* loss, float* saved_total) {
  const Workspace<double> losses(context, p.rows);
  for (int64_t r = 0; r < p.rows; r++) {
    const int32_t t = target[r];
    const double w = t == p.ignore_index ? 0.0 : weight == nullptr ? 1.0 : weight[t];
    losses.get()[r] = w == 0 ? 0.0 : -w * input[r * p.c + t];
  }
  const double total = target_weights(p, target, weight);
  *saved_total = static_cast<float>(total);
  reduce_rows(p.reduction, p.rows, losses.get(), total, loss);
}

void nll_loss_backward(const Context& context, const NllProblem& p, const float* grad_loss, const int32_t* target,
                       const float* weight, const float* saved_total, float* grad_input) {
  const Slices rows(p.rows, std::max<int64_t>(1, kStreamSlice / p.c));
  context.parallel(rows.count, [&](int64_t i, int) {
    std::fill(grad_input + rows.begin(i) * p.c, grad_input + rows.end(i) * p.c, 0.0f);
    for (int64_t r = rows.begin(i); r < rows.end(i); r++) {
      const int32_t t = target[r];
      const double w = t == p.ignore_index ? 0.0 : weight == nullptr ? 1.0 : weight[t];
      if (w == 0) continue;
      double factor = p.reduction == Reduction::none ? grad_loss[r] : grad_loss[0];
      if (p.reduction == Reduction::mean) factor /= *saved_total;
      grad_input[r * p.c + t] = static_cast<float>(-w * factor);
    }
  });
}

}  // namespace strided
