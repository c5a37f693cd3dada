#include "matmul.h"

#include "gemm.h"

namespace strided {

void matmul(const Context& context, const MatmulProblem& p, const float* a, const float* b, float* output) {
  int64_t batch = 1;
  for (const int64_t size : p.batch_shape) batch *= size;
  // The product of batch entry `index`.
  auto product = [&](int64_t index) {
    int64_t a_offset = 0;
    int64_t b_offset = 0;
    int64_t rest = index;
    for (size_t d = p.batch_shape.size(); d-- > 0;) {
      a_offset += rest % p.batch_shape[d] * p.a_batch_strides[d];
      b_offset += rest % p.batch_shape[d] * p.b_batch_strides[d];
      rest /= p.batch_shape[d];
    }
    return GemmProblem{p.m,
                       p.n,
                       p.k,
                       {a + a_offset, p.transpose_a ? p.m : p.k, p.transpose_a},
                       {b + b_offset, p.transpose_b ? p.k : p.n, p.transpose_b},
                       nullptr,
                       output + index * p.m * p.n,
                       p.n};
  };
  // Small products go to a thread each, large ones are cut up.
  if (batch > 1 && 2 * p.m * p.n * p.k < kFlopSlice) {
    const KernelTable& kernels = *context.kernels;
    const ThreadWorkspace<float> scratch(context, gemm_workspace(kernels.gemm, p.n, p.k));
    const Slices slices(batch, kFlopSlice / (2 * p.m * p.n * p.k + 1000));
    context.parallel(slices.count, [&](int64_t slice, int thread) {
      for (int64_t i = slices.begin(slice); i < slices.end(slice); i++) {
        gemm_serial(kernels, product(i), scratch.get(thread));
      }
    });
  } else {
    for (int64_t i = 0; i < batch; i++) gemm(context, product(i));
  }
}

}  // namespace strided
