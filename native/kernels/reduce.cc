#include "reduce.h"

#include "../simd/loop.h"

namespace strided {
namespace {

// Elements summed before the sum moves to a second level: short enough that rounding stays near that of a single
// addition.
constexpr int64_t kColumnBlock = 128;

double row_sum(int64_t size, const float* input) {
  return sum_terms(
      size, [](Vec x) { return x; }, input);
}

double row_deviation(int64_t size, const float* input, float center) {
  return sum_terms(
      size,
      [center](Vec x) {
        const Vec d = sub(x, set1(center));
        return mul(d, d);
      },
      input);
}

// Columns [j, j + lanes) under `mask`; Term maps an element and its column's center.
template <typename Term>
STRIDED_INLINE void column_total(int64_t size, int64_t stride, const float* input, float* output, Mask mask,
                                 Term term) {
  Vec total = zero();
  for (int64_t begin = 0; begin < size; begin += kColumnBlock) {
    const int64_t end = begin + kColumnBlock < size ? begin + kColumnBlock : size;
    Vec acc[4] = {zero(), zero(), zero(), zero()};
    int64_t i = begin;
    for (; i + 4 <= end; i += 4) {
#pragma GCC unroll 4
      for (int u = 0; u < 4; u++) acc[u] = add(acc[u], term(load(input + (i + u) * stride, mask)));
    }
    for (; i < end; i++) acc[0] = add(acc[0], term(load(input + i * stride, mask)));
    total = add(total, add(add(acc[0], acc[1]), add(acc[2], acc[3])));
  }
  store(output, total, mask);
}

void column_sum(int64_t size, int64_t stride, int64_t columns, const float* input, float* output) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    const Mask mask = first_lanes(columns - j < kLanes ? columns - j : kLanes);
    column_total(size, stride, input + j, output + j, mask, [](Vec x) { return x; });
  }
}

void column_deviation(int64_t size, int64_t stride, int64_t columns, const float* input, const float* center,
                      float* output) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    const Mask mask = first_lanes(columns - j < kLanes ? columns - j : kLanes);
    const Vec middle = load(center + j, mask);
    column_total(size, stride, input + j, output + j, mask, [middle](Vec x) {
      const Vec d = sub(x, middle);
      return mul(d, d);
    });
  }
}

// Whether `x` takes the place of `best`: larger (smaller), or the first NaN.
template <bool kMax>
STRIDED_INLINE bool wins(float x, float best) {
  if (best != best) return false;
  return x != x || (kMax ? x > best : x < best);
}

template <bool kMax>
int64_t row_extremum(int64_t size, const float* input) {
  int64_t position = 0;
  for (int64_t i = 1; i < size; i++) {
    if (wins<kMax>(input[i], input[position])) position = i;
  }
  return position;
}

template <bool kMax>
void column_extremum(int64_t size, int64_t stride, int64_t columns, const float* input, int32_t* output) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    const Mask mask = first_lanes(columns - j < kLanes ? columns - j : kLanes);
    Vec best = load(input + j, mask);
    VecInt position = set1_int(0);
    for (int64_t i = 1; i < size; i++) {
      const Vec x = load(input + i * stride + j, mask);
      const Mask better = mask_and_not(mask_or(is_nan(x), kMax ? greater(x, best) : greater(best, x)), is_nan(best));
      best = select(better, x, best);
      position = select_int(better, set1_int(static_cast<int32_t>(i)), position);
    }
    store_int(output + j, position, mask);
  }
}

}  // namespace

template <>
const ReduceKernels& reduce_kernels<kIsa>() {
  static constexpr ReduceKernels kernels = {
      row_sum,    row_deviation,    row_extremum<true>,    row_extremum<false>,
      column_sum, column_deviation, column_extremum<true>, column_extremum<false>,
  };
  return kernels;
}

}  // namespace strided
