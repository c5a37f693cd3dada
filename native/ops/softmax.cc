#include "softmax.h"

#include <algorithm>

namespace strided {
namespace {

// An exponential costs as much as moving four floats.
constexpr int64_t kSlice = kStreamSlice / 4;

// Calls body(offset of row i) over all rows of an [outer, size] buffer.
template <typename Body>
void for_rows(const Context& context, int64_t outer, int64_t size, Body body) {
  const Slices rows(outer, std::max<int64_t>(1, kSlice / std::max<int64_t>(size, 1)));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t i = rows.begin(slice); i < rows.end(slice); i++) body(i * size);
  });
}

// Calls body(offset, columns) over groups of columns of an [outer, size, inner] buffer.
template <typename Body>
void for_columns(const Context& context, const SoftmaxProblem& p, Body body) {
  const Slices columns(p.inner, std::max<int64_t>(64, kSlice / p.size));
  context.parallel(p.outer * columns.count, [&](int64_t slice, int) {
    const int64_t begin = columns.begin(slice % columns.count);
    body(slice / columns.count * p.size * p.inner + begin, columns.end(slice % columns.count) - begin);
  });
}

}  // namespace

void softmax_forward(const Context& context, const SoftmaxProblem& p, const float* input, float* output) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  if (p.inner != 1) {
    return for_columns(context, p, [&](int64_t at, int64_t columns) {
      kernels.columns_forward(p.size, p.inner, columns, p.log, input + at, output + at);
    });
  }
  for_rows(context, p.outer, p.size, [&](int64_t at) {
    const LogSumExp lse = kernels.log_sum_exp(p.size, input + at);
    (p.log ? kernels.log_softmax : kernels.softmax)(p.size, input + at, lse, output + at);
  });
}

void softmax_backward(const Context& context, const SoftmaxProblem& p, const float* output, const float* grad_output,
                      float* grad_input) {
  const SoftmaxKernels& kernels = context.kernels->softmax;
  if (p.inner != 1) {
    return for_columns(context, p, [&](int64_t at, int64_t columns) {
      kernels.columns_backward(p.size, p.inner, columns, p.log, output + at, grad_output + at, grad_input + at);
    });
  }
  for_rows(context, p.outer, p.size, [&](int64_t at) {
    (p.log ? kernels.log_softmax_gradient : kernels.softmax_gradient)(p.size, output + at, grad_output + at,
                                                                      grad_input + at);
  });
}

int64_t find_bad_target(const CrossEntropyProblem& p, const int32_t* target) {
  for (int64_t r = 0; r < p.rows; r++) {
    if (target[r] != p.ignore_index && (target[r] < 0 || target[r] >= p.c)) return r;
  }
  return -1;
}

void cross_entropy_forward(const Context& context, const CrossEntropyProblem& p, const float* logits,
                           const int32_t* target, const float* weight, float* loss, float* saved_lse,
                           float* saved_total) {
  const Workspace<LogSumExp> row_lse(context, p.rows);
  for_rows(context, p.rows, p.c, [&](int64_t at) {
    const LogSumExp lse = context.kernels->softmax.log_sum_exp(p.c, logits + at);
    row_lse.get()[at / p.c] = lse;
    saved_lse[at / p.c] = lse.max + lse.log_sum;
  });
  const double smooth = p.label_smoothing / static_cast<double>(p.c);
  double total = 0;
  double total_weight = 0;
  for (int64_t r = 0; r < p.rows; r++) {
    double row_loss = 0;
    if (target[r] != p.ignore_index) {
      const float* row = logits + r * p.c;
      const double lse = static_cast<double>(row_lse.get()[r].max) + row_lse.get()[r].log_sum;
      const double w = weight == nullptr ? 1.0 : weight[target[r]];
      row_loss = (1 - p.label_smoothing) * w * (lse - row[target[r]]);
      if (smooth != 0) {
        double sum = 0;
        for (int64_t k = 0; k < p.c; k++) sum += (weight == nullptr ? 1.0 : weight[k]) * (lse - row[k]);
        row_loss += smooth * sum;
      }
      total_weight += w;
    }
    if (p.reduction == Reduction::none) loss[r] = static_cast<float>(row_loss);
    total += row_loss;
  }
  *saved_total = static_cast<float>(total_weight);
  if (p.reduction == Reduction::sum) *loss = static_cast<float>(total);
  if (p.reduction == Reduction::mean) *loss = static_cast<float>(total / total_weight);
}

// With p = softmax(logits), t the target, s the smoothing and W = Σ_k weight[k], the loss of a row has
//   d/d logits[k] = p[k] * ((1-s) * weight[t] + s/C * W) - [k = t] * (1-s) * weight[t] - s/C * weight[k].
void cross_entropy_backward(const Context& context, const CrossEntropyProblem& p, const float* grad_loss,
                            const float* logits, const int32_t* target, const float* weight, const float* saved_lse,
                            const float* saved_total, float* grad_logits) {
  const double smooth = p.label_smoothing / static_cast<double>(p.c);
  double all_weights = static_cast<double>(p.c);
  if (weight != nullptr) {
    all_weights = 0;
    for (int64_t k = 0; k < p.c; k++) all_weights += weight[k];
  }
  for_rows(context, p.rows, p.c, [&](int64_t at) {
    const int64_t r = at / p.c;
    float* row = grad_logits + at;
    if (target[r] == p.ignore_index) {
      std::fill_n(row, p.c, 0.0f);
      return;
    }
    double factor = p.reduction == Reduction::none ? grad_loss[r] : grad_loss[0];
    if (p.reduction == Reduction::mean) factor /= *saved_total;
    const double own = (1 - p.label_smoothing) * (weight == nullptr ? 1.0 : weight[target[r]]);
    context.kernels->softmax.cross_entropy_gradient(p.c, logits + at, saved_lse[r],
                                                    static_cast<float>(factor * (own + smooth * all_weights)),
                                                    static_cast<float>(factor * smooth), weight, row);
    row[target[r]] -= static_cast<float>(factor * own);
  });
}

}  // namespace strided
