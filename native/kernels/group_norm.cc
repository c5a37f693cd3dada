#include "group_norm.h"

#include "../simd/loop.h"

namespace strided {
namespace {

// Rows taken side by side: the coefficients of a column, or its running sums, are loaded once for all of them.
constexpr int kRows = 4;
// Rows summed in float before the sum moves to double: rounding stays near that of a few additions.
constexpr int64_t kBlockRows = 512;
// Columns summed at a time, whose running sums live on the stack: 8 KB of them, a quarter of the first-level cache.
constexpr int64_t kBlockColumns = 1024;

// Calls body(first row, its number of rows as a type) for rows in groups of kRows and then one by one.
template <int R>
struct Count {
  static constexpr int value = R;
};
template <typename Body>
STRIDED_INLINE void for_rows(int64_t rows, Body body) {
  int64_t row = 0;
  for (; row + kRows <= rows; row += kRows) body(row, Count<kRows>{});
  for (; row < rows; row++) body(row, Count<1>{});
}

struct Factors {
  Vec a, b;
};

// Adds up a and a * b by column; make_term(column, lanes) holds what belongs to a column, and its result maps the
// position of an element to its Factors.
template <typename MakeTerm>
STRIDED_INLINE void totals(int64_t rows, int64_t c, double* sum, double* product, MakeTerm make_term) {
  float block_sum[kBlockColumns];
  float block_product[kBlockColumns];
  for (int64_t column = 0; column < c; column += kBlockColumns) {
    const int64_t width = c - column < kBlockColumns ? c - column : kBlockColumns;
    for (int64_t i = 0; i < width; i++) sum[column + i] = product[column + i] = 0;
    for (int64_t begin = 0; begin < rows; begin += kBlockRows) {
      const int64_t count = rows - begin < kBlockRows ? rows - begin : kBlockRows;
      for (int64_t i = 0; i < width; i++) block_sum[i] = block_product[i] = 0;
      for_rows(count, [&](int64_t row, auto group) STRIDED_LAMBDA_INLINE {
        const int64_t at = (begin + row) * c + column;
        for_registers(width, [&](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
          const auto term = make_term(column + j, lanes);
          const Factors first = term(at + j, lanes);
          Vec s = first.a;
          Vec p = mul(first.a, first.b);
#pragma GCC unroll 4
          for (int r = 1; r < decltype(group)::value; r++) {
            const Factors factors = term(at + r * c + j, lanes);
            s = add(s, factors.a);
            p = fma(factors.a, factors.b, p);
          }
          lanes.store(block_sum + j, add(lanes.load(block_sum + j), s));
          lanes.store(block_product + j, add(lanes.load(block_product + j), p));
        });
      });
      for (int64_t i = 0; i < width; i++) {
        sum[column + i] += block_sum[i];
        product[column + i] += block_product[i];
      }
    }
  }
}

void sums(int64_t rows, int64_t c, const float* input, const float* shift, double* sum, double* square) {
  totals(rows, c, sum, square, [=](int64_t column, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec k = lanes.load(shift + column);
    return [=](int64_t at, auto lanes) STRIDED_LAMBDA_INLINE {
      const Vec d = sub(lanes.load(input + at), k);
      return Factors{d, d};
    };
  });
}

void dots(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean, double* sum,
          double* dot) {
  totals(rows, c, sum, dot, [=](int64_t column, auto lanes) STRIDED_LAMBDA_INLINE {
    const Vec m = lanes.load(mean + column);
    return [=](int64_t at, auto lanes) STRIDED_LAMBDA_INLINE {
      return Factors{lanes.load(grad_output + at), sub(lanes.load(input + at), m)};
    };
  });
}

void apply(int64_t rows, int64_t c, const float* input, const float* mean, const float* scale, const float* offset,
           float* output) {
  for_rows(rows, [=](int64_t row, auto group) STRIDED_LAMBDA_INLINE {
    for_registers(c, [=](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
      const Vec m = lanes.load(mean + j);
      const Vec a = lanes.load(scale + j);
      const Vec b = lanes.load(offset + j);
#pragma GCC unroll 4
      for (int r = 0; r < decltype(group)::value; r++) {
        const int64_t at = (row + r) * c + j;
        lanes.store(output + at, fma(sub(lanes.load(input + at), m), a, b));
      }
    });
  });
}

void gradient(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean,
              const float* scale, const float* slope, const float* offset, float* grad_input) {
  for_rows(rows, [=](int64_t row, auto group) STRIDED_LAMBDA_INLINE {
    for_registers(c, [=](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
      const Vec m = lanes.load(mean + j);
      const Vec a = lanes.load(scale + j);
      const Vec b = lanes.load(slope + j);
      const Vec o = lanes.load(offset + j);
#pragma GCC unroll 4
      for (int r = 0; r < decltype(group)::value; r++) {
        const int64_t at = (row + r) * c + j;
        const Vec affine = fma(sub(lanes.load(input + at), m), b, o);
        lanes.store(grad_input + at, fma(lanes.load(grad_output + at), a, affine));
      }
    });
  });
}

}  // namespace

template <>
const GroupNormKernels& group_norm_kernels<kIsa>() {
  static constexpr GroupNormKernels kernels = {sums, apply, dots, gradient};
  return kernels;
}

}  // namespace strided
