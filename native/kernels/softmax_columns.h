// Softmax over a dimension that is not the last: the columns of a matrix, both passes.
#pragma once

#include "../simd/loop.h"
#include "../simd/math.h"

namespace strided {
namespace {

// Columns taken side by side. Where the stride is a multiple of 4 KB, every load would else wait for the store of the
// row before, whose address looks the same.
constexpr int64_t kColumns = 256;

// Calls body(first column, how many).
template <typename Body>
STRIDED_INLINE void for_columns(int64_t columns, Body body) {
  for (int64_t begin = 0; begin < columns; begin += kColumns) {
    body(begin, columns - begin < kColumns ? columns - begin : kColumns);
  }
}

template <bool kLog>
void columns_softmax(int64_t size, int64_t stride, int64_t columns, const float* input, float* output) {
  for_columns(columns, [=](int64_t begin, int64_t count) STRIDED_LAMBDA_INLINE {
    float best[kColumns], sum[kColumns];
    for (int64_t k = 0; k < size; k++) {
      const float* x = input + k * stride + begin;
      // A NaN lost by max comes back in the sum.
      for_registers(count, [=, &best](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
        lanes.store(best + j, k == 0 ? lanes.load(x + j) : max(lanes.load(x + j), lanes.load(best + j)));
      });
    }
    for (int64_t k = 0; k < size; k++) {
      const float* x = input + k * stride + begin;
      float* y = output + k * stride + begin;
      for_registers(count, [=, &best, &sum](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec e = exp(sub(lanes.load(x + j), lanes.load(best + j)));
        lanes.store(sum + j, k == 0 ? e : add(lanes.load(sum + j), e));
        if constexpr (!kLog) lanes.store(y + j, e);
      });
    }
    for_registers(count, [&](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
      lanes.store(sum + j, kLog ? log(lanes.load(sum + j)) : div(set1(1.0f), lanes.load(sum + j)));
    });
    for (int64_t k = 0; k < size; k++) {
      const float* x = input + k * stride + begin;
      float* y = output + k * stride + begin;
      for_registers(count, [=, &best, &sum](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec shift = lanes.load(sum + j);
        lanes.store(y + j,
                    kLog ? sub(sub(lanes.load(x + j), lanes.load(best + j)), shift) : mul(lanes.load(y + j), shift));
      });
    }
  });
}

template <bool kLog>
void columns_gradient(int64_t size, int64_t stride, int64_t columns, const float* output, const float* grad_output,
                      float* grad_input) {
  for_columns(columns, [=](int64_t begin, int64_t count) STRIDED_LAMBDA_INLINE {
    float sum[kColumns] = {};
    for (int64_t k = 0; k < size; k++) {
      const float* y = output + k * stride + begin;
      const float* g = grad_output + k * stride + begin;
      for_registers(count, [=, &sum](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec before = lanes.load(sum + j);
        lanes.store(sum + j, kLog ? add(before, lanes.load(g + j)) : fma(lanes.load(g + j), lanes.load(y + j), before));
      });
    }
    for (int64_t k = 0; k < size; k++) {
      const float* y = output + k * stride + begin;
      const float* g = grad_output + k * stride + begin;
      float* to = grad_input + k * stride + begin;
      for_registers(count, [=, &sum](int64_t j, auto lanes) STRIDED_LAMBDA_INLINE {
        const Vec total = lanes.load(sum + j);
        lanes.store(to + j, kLog ? fnma(exp(lanes.load(y + j)), total, lanes.load(g + j))
                                 : mul(lanes.load(y + j), sub(lanes.load(g + j), total)));
      });
    }
  });
}

}  // namespace
}  // namespace strided
