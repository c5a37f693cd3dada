#include "local_response_norm.h"

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

// Calls body(first row, rows) for groups of at most kLocalResponseRows.
template <typename Body>
STRIDED_INLINE void for_groups(int64_t rows, Body body) {
  for (int64_t row = 0; row < rows; row += kLocalResponseRows) {
    body(row, rows - row < kLocalResponseRows ? rows - row : kLocalResponseRows);
  }
}

// The sum of `size` neighbours of a padded row.
template <typename Lanes>
STRIDED_INLINE Vec window_sum(int64_t size, const float* row, Lanes lanes) {
  Vec sum = zero();
  for (int64_t j = 0; j < size; j++) sum = add(sum, lanes.load(row + j));
  return sum;
}

// The squares of a row, behind the zeros that its first windows begin with.
STRIDED_INLINE void put_squares(const LocalResponse& p, const float* input, float* padded) {
  for_registers(p.c, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec x = lanes.load(input + i);
    lanes.store(padded + p.size / 2 + i, mul(x, x));
  });
}

template <typename Lanes>
STRIDED_INLINE Vec denominator(const LocalResponse& p, const float* padded, Lanes lanes) {
  return fma(window_sum(p.size, padded, lanes), set1(p.scale), set1(p.k));
}

STRIDED_INLINE Vec power(Vec base, float exponent) { return exp(mul(log(base), set1(exponent))); }

void forward(const LocalResponse& p, int64_t rows, const float* input, float* scratch, float* output) {
  const int64_t stride = p.c + p.size;
  for_groups(rows, [&](int64_t first, int64_t count) STRIDED_LAMBDA_INLINE {
    for (int64_t r = 0; r < count; r++) put_squares(p, input + (first + r) * p.c, scratch + r * stride);
    for (int64_t r = 0; r < count; r++) {
      const int64_t at = (first + r) * p.c;
      for_registers(p.c, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec d = denominator(p, scratch + r * stride + i, lanes);
        lanes.store(output + at + i, mul(lanes.load(input + at + i), power(d, -p.beta)));
      });
    }
  });
}

void backward(const LocalResponse& p, int64_t rows, const float* input, const float* grad_output, float* scratch,
              float* grad_input) {
  const int64_t stride = p.c + p.size;
  float* terms = scratch + kLocalResponseRows * stride;
  const Vec factor = set1(2.0f * p.scale * p.beta);
  for_groups(rows, [&](int64_t first, int64_t count) STRIDED_LAMBDA_INLINE {
    for (int64_t r = 0; r < count; r++) put_squares(p, input + (first + r) * p.c, scratch + r * stride);
    for (int64_t r = 0; r < count; r++) {
      const int64_t at = (first + r) * p.c;
      float* row_terms = terms + r * stride + (p.size - 1) / 2;
      for_registers(p.c, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec d = denominator(p, scratch + r * stride + i, lanes);
        const Vec own = mul(lanes.load(grad_output + at + i), power(d, -p.beta));
        lanes.store(row_terms + i, div(mul(own, lanes.load(input + at + i)), d));
        lanes.store(grad_input + at + i, own);
      });
    }
    for (int64_t r = 0; r < count; r++) {
      const int64_t at = (first + r) * p.c;
      for_registers(p.c, [&](int64_t i, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec sum = window_sum(p.size, terms + r * stride + i, lanes);
        const Vec x = mul(factor, lanes.load(input + at + i));
        lanes.store(grad_input + at + i, fnma(x, sum, lanes.load(grad_input + at + i)));
      });
    }
  });
}

}  // namespace

template <>
const LocalResponseNormKernels& local_response_norm_kernels<kIsa>() {
  static constexpr LocalResponseNormKernels kernels = {forward, backward};
  return kernels;
}

}  // namespace strided
