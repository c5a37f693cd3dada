#include "clip_grad.h"

#include <cmath>

#include "parameters.h"

namespace strided {
namespace {

// Added to the norm before dividing by it, as in PyTorch.
constexpr double kNormEps = 1e-6;

// A stretch's part of the norm.
double part_of(const ClipGradKernels& kernels, double p, int64_t size, const float* values) {
  if (p == 0) return kernels.max_abs(size, values);
  if (p == 1) return kernels.sum_abs(size, values);
  if (p == 2) return kernels.sum_squares(size, values);
  return kernels.sum_powers(size, static_cast<float>(p), values);
}

// Two parts together; a NaN stays.
double join(double p, double a, double b) {
  if (p != 0) return a + b;
  return std::isnan(a) || a > b ? a : b;
}

double total_norm(const Context& context, double p, const std::vector<Gradient>& grads) {
  const int64_t count = slices_of(grads).count;
  const Workspace<double> parts(context, count);
  std::fill_n(parts.get(), count, 0.0);
  for_stretches(context, grads, [&](int64_t slice, const Gradient& g, int64_t offset, int64_t length) {
    double& part = parts.get()[slice];
    part = join(p, part, part_of(context.kernels->clip_grad, p, length, g.values + offset));
  });
  double total = 0;
  for (int64_t i = 0; i < count; i++) total = join(p, total, parts.get()[i]);
  if (p == 0 || p == 1) return total;
  return p == 2 ? std::sqrt(total) : std::pow(total, 1 / p);
}

}  // namespace

double clip_grad_norm(const Context& context, double limit, double p, bool only_finite,
                      const std::vector<Gradient>& grads) {
  const double norm = total_norm(context, p, grads);
  const double factor = limit / (norm + kNormEps);
  // Not factor < 1: a norm that is NaN must show in the gradients.
  if (!(factor >= 1) && (std::isfinite(norm) || !only_finite)) {
    for_stretches(context, grads, [&](int64_t, const Gradient& g, int64_t offset, int64_t length) {
      context.kernels->clip_grad.scale(length, static_cast<float>(factor), g.values + offset);
    });
  }
  return norm;
}

void clip_grad_value(const Context& context, float limit, const std::vector<Gradient>& grads) {
  for_stretches(context, grads, [&](int64_t, const Gradient& g, int64_t offset, int64_t length) {
    context.kernels->clip_grad.clamp(length, limit, g.values + offset);
  });
}

}  // namespace strided
