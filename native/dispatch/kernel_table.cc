#include "kernel_table.h"

namespace strided {
namespace {

template <Isa isa>
const KernelTable& table_of() {
  static const KernelTable table = {
      isa,
      activation_kernels<isa>(),
      adagrad_kernels<isa>(),
      adam_kernels<isa>(),
      avg_pool_kernels<isa>(),
      batch_norm_kernels<isa>(),
      clip_grad_kernels<isa>(),
      compare_kernels<isa>(),
      depthwise_kernels<isa>(),
      dropout_kernels<isa>(),
      elementwise_kernels<isa>(),
      ema_kernels<isa>(),
      gemm_kernels<isa>(),
      group_norm_kernels<isa>(),
      grouped_kernels<isa>(),
      image_crop_kernels<isa>(),
      layer_norm_kernels<isa>(),
      line_winograd_kernels<isa>(),
      local_response_norm_kernels<isa>(),
      max_pool_kernels<isa>(),
      moments_kernels<isa>(),
      pack_kernels<isa>(),
      pointwise_loss_kernels<isa>(),
      prelu_kernels<isa>(),
      reduce_kernels<isa>(),
      relu_kernels<isa>(),
      rmsprop_kernels<isa>(),
      sgd_kernels<isa>(),
      softmax_kernels<isa>(),
      winograd_kernels<isa>(),
  };
  return table;
}

}  // namespace

const KernelTable& kernel_table(Isa isa) {
#if defined(__x86_64__) || defined(_M_X64)
  if (isa == Isa::avx512) return table_of<Isa::avx512>();
  if (isa == Isa::avx2) return table_of<Isa::avx2>();
#else
  (void)isa;
#endif
  return table_of<Isa::scalar>();
}

}  // namespace strided
