#include "group_norm.h"

#include "../simd/loop.h"

namespace strided {
namespace {

// Rows taken side by side: the coefficients of a column are loaded once for all of them, and memory is read nearly in
// order, however wide a row is.
constexpr int kRows = 4;

template <int R>
struct Count {
  static constexpr int value = R;
};

// Calls body(position, columns, number of rows as a type) for rows in groups of kRows, then one by one, and for the
// rest.
template <typename Body>
STRIDED_INLINE void for_rows(int64_t size, int64_t width, Body body) {
  int64_t at = 0;
  for (; at + kRows * width <= size; at += kRows * width) body(at, width, Count<kRows>{});
  for (; at + width <= size; at += width) body(at, width, Count<1>{});
  if (at < size) body(at, size - at, Count<1>{});
}

void apply(int64_t size, int64_t width, const float* input, const float* mean, const float* scale, const float* offset,
           float* output) {
  for_rows(size, width, [=](int64_t begin, int64_t columns, auto group) STRIDED_LAMBDA_INLINE {
    for_registers(columns, [=](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
      const Vec m = lanes.load(mean + j);
      const Vec a = lanes.load(scale + j);
      const Vec b = lanes.load(offset + j);
#pragma GCC unroll 4
      for (int r = 0; r < decltype(group)::value; r++) {
        const int64_t at = begin + r * width + j;
        lanes.store(output + at, fma(sub(lanes.load(input + at), m), a, b));
      }
    });
  });
}

void gradient(int64_t size, int64_t width, const float* input, const float* grad_output, const float* mean,
              const float* scale, const float* slope, const float* offset, float* grad_input) {
  for_rows(size, width, [=](int64_t begin, int64_t columns, auto group) STRIDED_LAMBDA_INLINE {
    for_registers(columns, [=](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
      const Vec m = lanes.load(mean + j);
      const Vec a = lanes.load(scale + j);
      const Vec b = lanes.load(slope + j);
      const Vec o = lanes.load(offset + j);
#pragma GCC unroll 4
      for (int r = 0; r < decltype(group)::value; r++) {
        const int64_t at = begin + r * width + j;
        const Vec affine = fma(sub(lanes.load(input + at), m), b, o);
        lanes.store(grad_input + at, fma(lanes.load(grad_output + at), a, affine));
      }
    });
  });
}

}  // namespace

template <>
const GroupNormKernels& group_norm_kernels<kIsa>() {
  static constexpr GroupNormKernels kernels = {apply, gradient};
  return kernels;
}

}  // namespace strided
