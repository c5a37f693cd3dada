#include "cross_entropy.h"

#include <algorithm>

namespace strided {
namespace {

// An exponential costs as much as moving four floats.
constexpr int64_t kSlice = kStreamSlice / 4;

// Calls body(row) over all rows.
template <typename Body>
void for_rows(const Context& context, const NllProblem& p, Body body) {
  const Slices rows(p.rows, std::max<int64_t>(1, kSlice / p.c));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t r = rows.begin(slice); r < rows.end(slice); r++) body(r);
  });
}

struct Smoothing {
  double keep, each;  // 1 - s and s / C

  explicit Smoothing(const CrossEntropyProblem& p)
      : keep(1 - p.label_smoothing), each(p.label_smoothing / static_cast<double>(p.rows.c)) {}
};

}  // namespace

void cross_entropy_forward(const Context& context, const CrossEntropyProblem& p, const float* logits,
                           const int32_t* target, const float* weight, float* loss, LogSumExp* saved,
                           float* saved_total) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  const int64_t c = p.rows.c;
  const Smoothing smoothing(p);
  const Workspace<double> losses(context, p.rows.rows);
  for_rows(context, p.rows, [&](int64_t r) {
    const float* row = logits + r * c;
    const LogSumExp lse = kernels.log_sum_exp(c, row);
    saved[r] = lse;
    double row_loss = 0;
    if (target[r] != p.rows.ignore_index) {
      const double distance = static_cast<double>(lse.max) - row[target[r]] + lse.log_sum;
      row_loss = smoothing.keep * (weight == nullptr ? 1.0 : weight[target[r]]) * distance;
      if (smoothing.each != 0)
        row_loss += smoothing.each * kernels.mixed_loss(c, row, lse, nullptr, 0.0f, 1.0f, weight);
    }
    losses.get()[r] = row_loss;
  });
  const double total = target_weights(p.rows, target, weight);
  *saved_total = static_cast<float>(total);
  reduce_rows(p.rows.reduction, p.rows.rows, losses.get(), total, loss);
}

// With p = softmax(logits), t the target, s the smoothing and W = Σ_k weight[k], the loss of a row has
//   d/d logits[k] = p[k] * ((1-s) * weight[t] + s/C * W) - [k = t] * (1-s) * weight[t] - s/C * weight[k].
void cross_entropy_backward(const Context& context, const CrossEntropyProblem& p, const float* grad_loss,
                            const float* logits, const int32_t* target, const float* weight, const LogSumExp* saved,
                            const float* saved_total, float* grad_logits) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  const int64_t c = p.rows.c;
  const Smoothing smoothing(p);
  const double all_weights = kernels.mixed_total(c, nullptr, 0.0f, 1.0f, weight);
  for_rows(context, p.rows, [&](int64_t r) {
    float* row = grad_logits + r * c;
    if (target[r] == p.rows.ignore_index) {
      std::fill_n(row, c, 0.0f);
      return;
    }
    double factor = p.rows.reduction == Reduction::none ? grad_loss[r] : grad_loss[0];
    if (p.rows.reduction == Reduction::mean) factor /= *saved_total;
    const double own = smoothing.keep * (weight == nullptr ? 1.0 : weight[target[r]]);
    kernels.mixed_gradient(c, logits + r * c, saved[r], nullptr, 0.0f, static_cast<float>(smoothing.each), weight,
                           static_cast<float>(factor * (own + smoothing.each * all_weights)),
                           static_cast<float>(factor), row);
    row[target[r]] -= static_cast<float>(factor * own);
  });
}

void soft_cross_entropy_forward(const Context& context, const CrossEntropyProblem& p, const float* logits,
                                const float* target, const float* weight, float* loss, LogSumExp* saved) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  const int64_t c = p.rows.c;
  const Smoothing smoothing(p);
  const Workspace<double> losses(context, p.rows.rows);
  for_rows(context, p.rows, [&](int64_t r) {
    saved[r] = kernels.log_sum_exp(c, logits + r * c);
    losses.get()[r] =
        kernels.mixed_loss(c, logits + r * c, saved[r], target + r * c, static_cast<float>(smoothing.keep),
                           static_cast<float>(smoothing.each), weight);
  });
  reduce_rows(p.rows.reduction, p.rows.rows, losses.get(), static_cast<double>(p.rows.rows), loss);
}

void soft_cross_entropy_backward(const Context& context, const CrossEntropyProblem& p, const float* grad_loss,
                                 const float* logits, const float* target, const float* weight, const LogSumExp* saved,
                                 float* grad_logits, float* grad_target) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  const int64_t c = p.rows.c;
  const Smoothing smoothing(p);
  const float keep = static_cast<float>(smoothing.keep);
  const float each = static_cast<float>(smoothing.each);
  for_rows(context, p.rows, [&](int64_t r) {
    double factor = p.rows.reduction == Reduction::none ? grad_loss[r] : grad_loss[0];
    if (p.rows.reduction == Reduction::mean) factor /= static_cast<double>(p.rows.rows);
    const float* row = logits + r * c;
    if (grad_logits != nullptr) {
      const double total = kernels.mixed_total(c, target + r * c, keep, each, weight);
      kernels.mixed_gradient(c, row, saved[r], target + r * c, keep, each, weight, static_cast<float>(factor * total),
                             static_cast<float>(factor), grad_logits + r * c);
    }
    if (grad_target != nullptr) {
      kernels.target_gradient(c, row, saved[r], weight, static_cast<float>(factor * smoothing.keep),
                              grad_target + r * c);
    }
  });
}

}  // namespace strided
