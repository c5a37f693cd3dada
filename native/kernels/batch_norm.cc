#include "batch_norm.h"

#include "../simd/vec.h"

namespace strided {
namespace {

// Rows summed in float before they are merged in double: rounding stays small and the merge costs 2 %.
constexpr int64_t kBlockRows = 512;
// Columns a pass holds in registers, and rows it adds independently to hide the latency of an addition.
constexpr int kColumns = 2;
constexpr int kRows = 4;

// Adds up two quantities by column over the rows of a block; Term maps a row's registers to its two addends.
template <int NV, typename Term>
STRIDED_INLINE void block_totals(int64_t rows, int64_t c, int64_t column, Mask last, float* total0, float* total1,
                                 Term term) {
  Vec acc0[kRows][NV];
  Vec acc1[kRows][NV];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 2
    for (int j = 0; j < NV; j++) acc0[r][j] = acc1[r][j] = zero();
  }
  auto add_row = [&](int64_t row, int r) STRIDED_LAMBDA_INLINE {
#pragma GCC unroll 2
    for (int j = 0; j < NV; j++) {
      const Mask mask = j == NV - 1 ? last : first_lanes(kLanes);
      term(row * c + column + j * kLanes, j, mask, acc0[r][j], acc1[r][j]);
    }
  };
  int64_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
#pragma GCC unroll 4
    for (int r = 0; r < kRows; r++) add_row(row + r, r);
  }
  for (; row < rows; row++) add_row(row, 0);
#pragma GCC unroll 2
  for (int j = 0; j < NV; j++) {
    store(total0 + j * kLanes, add(add(acc0[0][j], acc0[1][j]), add(acc0[2][j], acc0[3][j])));
    store(total1 + j * kLanes, add(add(acc1[0][j], acc1[1][j]), add(acc1[2][j], acc1[3][j])));
  }
}

// Calls body(column, width, mask of the last register, number of registers as a type) for groups of columns.
template <typename Body>
STRIDED_INLINE void for_columns(int64_t c, Body body) {
  for (int64_t column = 0; column < c; column += kColumns * kLanes) {
    const int64_t left = c - column;
    if (left > kLanes) {
      const int64_t width = left < 2 * kLanes ? left : 2 * kLanes;
      body.template run<2>(column, width, first_lanes(width - kLanes));
    } else {
      body.template run<1>(column, left, first_lanes(left));
    }
  }
}

// Sums of x - k and (x - k)², k the block's first row: the shift keeps a large mean from drowning a small variance.
struct MomentsBlock {
  int64_t rows, c, rows_before;
  const float* input;
  double* mean;
  double* squares;

  template <int NV>
  STRIDED_INLINE void run(int64_t column, int64_t width, Mask last) const {
    float sum[NV * kLanes];
    float square[NV * kLanes];
    Vec k[NV];
#pragma GCC unroll 2
    for (int j = 0; j < NV; j++) k[j] = load(input + column + j * kLanes, j == NV - 1 ? last : first_lanes(kLanes));
    block_totals<NV>(rows, c, column, last, sum, square,
                     [this, &k](int64_t at, int j, Mask mask, Vec& s, Vec& q) STRIDED_LAMBDA_INLINE {
                       const Vec d = sub(load(input + at, mask), k[j]);
                       s = add(s, d);
                       q = fma(d, d, q);
                     });
    const double n = static_cast<double>(rows);
    const double before = static_cast<double>(rows_before);
    for (int64_t i = 0; i < width; i++) {
      const double offset = sum[i] / n;
      const double delta = input[column + i] + offset - mean[column + i];
      mean[column + i] += delta * n / (before + n);
      squares[column + i] += square[i] - sum[i] * offset + delta * delta * before * n / (before + n);
    }
  }
};

void moments(int64_t rows, int64_t c, const float* input, double* mean, double* squares) {
  for (int64_t i = 0; i < c; i++) mean[i] = squares[i] = 0;
  for (int64_t row = 0; row < rows; row += kBlockRows) {
    const int64_t block = rows - row < kBlockRows ? rows - row : kBlockRows;
    for_columns(c, MomentsBlock{block, c, row, input + row * c, mean, squares});
  }
}

struct SumsBlock {
  int64_t rows, c;
  const float* input;
  const float* grad_output;
  const float* mean;
  double* sum;
  double* dot;

  template <int NV>
  STRIDED_INLINE void run(int64_t column, int64_t width, Mask last) const {
    float block_sum[NV * kLanes];
    float block_dot[NV * kLanes];
    Vec m[NV];
#pragma GCC unroll 2
    for (int j = 0; j < NV; j++) m[j] = load(mean + column + j * kLanes, j == NV - 1 ? last : first_lanes(kLanes));
    block_totals<NV>(rows, c, column, last, block_sum, block_dot,
                     [this, &m](int64_t at, int j, Mask mask, Vec& s, Vec& q) STRIDED_LAMBDA_INLINE {
                       const Vec g = load(grad_output + at, mask);
                       s = add(s, g);
                       q = fma(g, sub(load(input + at, mask), m[j]), q);
                     });
    for (int64_t i = 0; i < width; i++) {
      sum[column + i] += block_sum[i];
      dot[column + i] += block_dot[i];
    }
  }
};

void sums(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean, double* sum,
          double* dot) {
  for (int64_t i = 0; i < c; i++) sum[i] = dot[i] = 0;
  for (int64_t row = 0; row < rows; row += kBlockRows) {
    const int64_t block = rows - row < kBlockRows ? rows - row : kBlockRows;
    for_columns(c, SumsBlock{block, c, input + row * c, grad_output + row * c, mean, sum, dot});
  }
}

// The per-channel maps walk whole rows, so that memory is read in order; their coefficients stay in L1.
void apply(int64_t rows, int64_t c, const float* input, const float* mean, const float* scale, const float* shift,
           float* output) {
  const int64_t whole = c / kLanes * kLanes;
  const Mask tail = first_lanes(c - whole);
  for (int64_t row = 0; row < rows; row++) {
    const float* from = input + row * c;
    float* to = output + row * c;
    for (int64_t j = 0; j < whole; j += kLanes) {
      store(to + j, fma(sub(load(from + j), load(mean + j)), load(scale + j), load(shift + j)));
    }
    if (whole < c) {
      const Vec x = sub(load(from + whole, tail), load(mean + whole, tail));
      store(to + whole, fma(x, load(scale + whole, tail), load(shift + whole, tail)), tail);
    }
  }
}

void gradient(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean,
              const float* scale, const float* slope, const float* shift, float* grad_input) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t j = 0; j < c; j += kLanes) {
      const Mask mask = first_lanes(c - j < kLanes ? c - j : kLanes);
      const int64_t at = row * c + j;
      const Vec x = sub(load(input + at, mask), load(mean + j, mask));
      const Vec affine = fma(x, load(slope + j, mask), load(shift + j, mask));
      store(grad_input + at, fma(load(grad_output + at, mask), load(scale + j, mask), affine), mask);
    }
  }
}

}  // namespace

template <>
const BatchNormKernels& batch_norm_kernels<kIsa>() {
  static constexpr BatchNormKernels kernels = {moments, apply, sums, gradient};
  return kernels;
}

}  // namespace strided
