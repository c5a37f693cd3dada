#include "batch_norm.h"

#include <algorithm>
#include <cmath>

namespace strided {
namespace {

// Partial sums: enough for the threads of a large machine, few enough that merging them is nothing.
constexpr int64_t kMaxParts = 32;

Slices row_parts(const BatchNormProblem& p) {
  const int64_t streamed = std::max<int64_t>(1, kStreamSlice / p.c);
  return Slices(p.rows, std::max(streamed, ceil_div(p.rows, kMaxParts)));
}

// Per-channel coefficients of one call, in one workspace.
struct Coefficients {
  Workspace<float> memory;
  float* scale;
  float* slope;
  float* shift;

  Coefficients(const Context& context, int64_t c)
      : memory(context, 3 * c), scale(memory.get()), slope(scale + c), shift(slope + c) {}
};

// Runs `body(first row, number of rows)` over parts, the last rows first: they were read last and are still in cache.
template <typename Body>
void backwards(const Context& context, const Slices& parts, Body body) {
  context.parallel(parts.count, [&](int64_t i, int) {
    const int64_t part = parts.count - 1 - i;
    body(parts.begin(part), parts.end(part) - parts.begin(part));
  });
}

struct Sums {
  Workspace<double> memory;
  double* sum;
  double* dot;

  // sum[c] = Σ grad_output, dot[c] = Σ grad_output * (input - mean)
  Sums(const Context& context, const BatchNormProblem& p, const Slices& parts, const float* input,
       const float* grad_output, const float* mean)
      : memory(context, 2 * p.c * parts.count), sum(memory.get()), dot(sum + p.c) {
    context.parallel(parts.count, [&](int64_t i, int) {
      const int64_t row = parts.begin(i);
      double* part = memory.get() + 2 * p.c * i;
      context.kernels->batch_norm.sums(parts.end(i) - row, p.c, input + row * p.c, grad_output + row * p.c, mean, part,
                                       part + p.c);
    });
    for (int64_t i = 1; i < parts.count; i++) {
      const double* part = memory.get() + 2 * p.c * i;
      for (int64_t j = 0; j < 2 * p.c; j++) sum[j] += part[j];
    }
  }
};

void apply_gradient(const Context& context, const BatchNormProblem& p, const Slices& parts, const float* input,
                    const float* grad_output, const float* mean, const Coefficients& k, float* grad_input) {
  backwards(context, parts, [&](int64_t row, int64_t rows) {
    context.kernels->batch_norm.gradient(rows, p.c, input + row * p.c, grad_output + row * p.c, mean, k.scale, k.slope,
                                         k.shift, grad_input + row * p.c);
  });
}

}  // namespace

void batch_norm_forward(const Context& context, const BatchNormProblem& p, const float* input, const float* weight,
                        const float* bias, const BatchNormStats& stats, float* output) {
  const Slices parts = row_parts(p);
  const Workspace<double> moments(context, 2 * p.c * parts.count);
  context.parallel(parts.count, [&](int64_t i, int) {
    double* part = moments.get() + 2 * p.c * i;
    const int64_t row = parts.begin(i);
    context.kernels->batch_norm.moments(parts.end(i) - row, p.c, input + row * p.c, part, part + p.c);
  });
  const Coefficients k(context, p.c);
  for (int64_t j = 0; j < p.c; j++) {
    double mean = moments.get()[j];
    double squares = moments.get()[p.c + j];
    for (int64_t i = 1; i < parts.count; i++) {
      const double* part = moments.get() + 2 * p.c * i;
      const double before = static_cast<double>(parts.begin(i));
      const double added = static_cast<double>(parts.end(i) - parts.begin(i));
      const double delta = part[j] - mean;
      mean += delta * added / (before + added);
      squares += part[p.c + j] + delta * delta * before * added / (before + added);
    }
    const double rows = static_cast<double>(p.rows);
    const double variance = squares / rows;
    const double rstd = 1 / std::sqrt(variance + p.eps);
    const float rounded = static_cast<float>(mean);
    stats.saved_mean[j] = rounded;
    stats.saved_rstd[j] = static_cast<float>(rstd);
    const double scale = rstd * (weight == nullptr ? 1.0 : weight[j]);
    k.scale[j] = static_cast<float>(scale);
    // The part of the mean that its float lacks, so that mean 1000 with deviation 0.01 comes out centred.
    k.shift[j] = static_cast<float>((bias == nullptr ? 0.0 : bias[j]) - (mean - rounded) * scale);
    if (stats.running_mean != nullptr) {
      const double old_mean = stats.running_mean[j];
      const double old_var = stats.running_var[j];
      const double unbiased = squares / (rows - 1);
      stats.running_mean[j] = static_cast<float>((1 - p.momentum) * old_mean + p.momentum * mean);
      stats.running_var[j] = static_cast<float>((1 - p.momentum) * old_var + p.momentum * unbiased);
    }
  }
  backwards(context, parts, [&](int64_t row, int64_t rows) {
    context.kernels->batch_norm.apply(rows, p.c, input + row * p.c, stats.saved_mean, k.scale, k.shift,
                                      output + row * p.c);
  });
}

void batch_norm_backward(const Context& context, const BatchNormProblem& p, const float* input,
                         const float* grad_output, const float* mean, const float* rstd, const float* weight,
                         const BatchNormGrads& grads) {
  const Slices parts = row_parts(p);
  const Sums sums(context, p, parts, input, grad_output, mean);
  const Coefficients k(context, p.c);
  const double rows = static_cast<double>(p.rows);
  for (int64_t j = 0; j < p.c; j++) {
    const double r = rstd[j];
    const double scale = r * (weight == nullptr ? 1.0 : weight[j]);
    if (grads.weight != nullptr) grads.weight[j] = static_cast<float>(sums.dot[j] * r);
    if (grads.bias != nullptr) grads.bias[j] = static_cast<float>(sums.sum[j]);
    k.scale[j] = static_cast<float>(scale);
    k.slope[j] = static_cast<float>(-scale * r * r * sums.dot[j] / rows);
    k.shift[j] = static_cast<float>(-scale * sums.sum[j] / rows);
  }
  apply_gradient(context, p, parts, input, grad_output, mean, k, grads.input);
}

void batch_norm_eval_forward(const Context& context, const BatchNormProblem& p, const float* input, const float* mean,
                             const float* variance, const float* weight, const float* bias, float* output) {
  const Slices parts = row_parts(p);
  const Coefficients k(context, p.c);
  for (int64_t j = 0; j < p.c; j++) {
    const double rstd = 1 / std::sqrt(variance[j] + p.eps);
    k.scale[j] = static_cast<float>(rstd * (weight == nullptr ? 1.0 : weight[j]));
    k.shift[j] = bias == nullptr ? 0.0f : bias[j];
  }
  backwards(context, parts, [&](int64_t row, int64_t rows) {
    context.kernels->batch_norm.apply(rows, p.c, input + row * p.c, mean, k.scale, k.shift, output + row * p.c);
  });
}

void batch_norm_eval_backward(const Context& context, const BatchNormProblem& p, const float* input,
                              const float* grad_output, const float* mean, const float* variance, const float* weight,
                              const BatchNormGrads& grads) {
  const Slices parts = row_parts(p);
  const Coefficients k(context, p.c);
  for (int64_t j = 0; j < p.c; j++) {
    const double rstd = 1 / std::sqrt(variance[j] + p.eps);
    k.scale[j] = static_cast<float>(rstd * (weight == nullptr ? 1.0 : weight[j]));
    k.slope[j] = k.shift[j] = 0.0f;
  }
  if (grads.weight != nullptr || grads.bias != nullptr) {
    const Sums sums(context, p, parts, input, grad_output, mean);
    for (int64_t j = 0; j < p.c; j++) {
      const double rstd = 1 / std::sqrt(variance[j] + p.eps);
      if (grads.weight != nullptr) grads.weight[j] = static_cast<float>(sums.dot[j] * rstd);
      if (grads.bias != nullptr) grads.bias[j] = static_cast<float>(sums.sum[j]);
    }
  }
  apply_gradient(context, p, parts, input, grad_output, mean, k, grads.input);
}

}  // namespace strided
