#include "clip_grad.h"

#include "../simd/loop.h"

namespace strided {
namespace {

double sum_abs(int64_t size, const float* values) {
  return sum_terms(
      size, [](Vec x) { return abs(x); }, values);
}

double sum_squares(int64_t size, const float* values) {
  return sum_terms(
      size, [](Vec x) { return mul(x, x); }, values);
}

double sum_powers(int64_t size, float p, const float* values) {
  double total = 0;
  for (int64_t i = 0; i < size; i++) total += static_cast<double>(__builtin_powf(__builtin_fabsf(values[i]), p));
  return total;
}

double max_abs(int64_t size, const float* values) {
  Vec most = zero();
  // A NaN in `most` stays; max passes on one in its second argument.
  for_registers(size, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    most = select(is_nan(most), most, max(most, abs(lanes.load(values + i))));
  });
  float each[kLanes];
  store(each, most);
  float result = 0;
  for (int i = 0; i < kLanes; i++) {
    if (each[i] != each[i] || each[i] > result) result = each[i];
    if (result != result) break;
  }
  return static_cast<double>(result);
}

void scale(int64_t size, float factor, float* values) {
  const Vec by = set1(factor);
  map(
      size, values, [by](Vec x) { return mul(x, by); }, values);
}

void clamp(int64_t size, float limit, float* values) {
  const Vec low = set1(-limit);
  const Vec high = set1(limit);
  // The limits first: min and max pass on their second argument when it is NaN.
  map(
      size, values, [low, high](Vec x) { return min(high, max(low, x)); }, values);
}

}  // namespace

template <>
const ClipGradKernels& clip_grad_kernels<kIsa>() {
  static constexpr ClipGradKernels kernels = {sum_abs, sum_squares, sum_powers, max_abs, scale, clamp};
  return kernels;
}

}  // namespace strided
