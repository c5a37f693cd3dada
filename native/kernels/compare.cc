#include "compare.h"

#include "../simd/vec.h"

namespace strided {
namespace {

template <Compare op>
void compare(int64_t size, const float* a, int64_t a_stride, const float* b, int64_t b_stride, uint8_t* output,
             int64_t output_stride) {
  for (int64_t i = 0; i < size; i++) {
    const float x = a[i * a_stride];
    const float y = b[i * b_stride];
    bool holds = false;
    if constexpr (op == Compare::eq) holds = x == y;
    if constexpr (op == Compare::ne) holds = x != y;
    if constexpr (op == Compare::lt) holds = x < y;
    if constexpr (op == Compare::le) holds = x <= y;
    if constexpr (op == Compare::gt) holds = x > y;
    if constexpr (op == Compare::ge) holds = x >= y;
    output[i * output_stride] = holds;
  }
}

}  // namespace

template <>
const CompareKernels& compare_kernels<kIsa>() {
  static constexpr CompareKernels kernels = {{compare<Compare::eq>, compare<Compare::ne>, compare<Compare::lt>,
                                              compare<Compare::le>, compare<Compare::gt>, compare<Compare::ge>}};
  return kernels;
}

}  // namespace strided
