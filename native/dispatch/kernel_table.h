// All kernels of one instruction set.
#pragma once

#include "../kernels/activation.h"
#include "../kernels/adagrad.h"
#include "../kernels/adam.h"
#include "../kernels/avg_pool.h"
#include "../kernels/batch_norm.h"
#include "../kernels/clip_grad.h"
#include "../kernels/compare.h"
#include "../kernels/depthwise_conv2d.h"
#include "../kernels/dropout.h"
#include "../kernels/elementwise.h"
#include "../kernels/ema.h"
#include "../kernels/gemm.h"
#include "../kernels/group_norm.h"
#include "../kernels/grouped_conv2d.h"
#include "../kernels/image_crop.h"
#include "../kernels/layer_norm.h"
#include "../kernels/line_winograd.h"
#include "../kernels/local_response_norm.h"
#include "../kernels/max_pool.h"
#include "../kernels/moments.h"
#include "../kernels/pack.h"
#include "../kernels/pointwise_loss.h"
#include "../kernels/prelu.h"
#include "../kernels/reduce.h"
#include "../kernels/relu.h"
#include "../kernels/rmsprop.h"
#include "../kernels/sgd.h"
#include "../kernels/softmax.h"
#include "../kernels/winograd.h"

namespace strided {

struct KernelTable {
  Isa isa;
  const ActivationKernels& activation;
  const AdagradKernels& adagrad;
  const AdamKernels& adam;
  const AvgPoolKernels& avg_pool;
  const BatchNormKernels& batch_norm;
  const ClipGradKernels& clip_grad;
  const CompareKernels& compare;
  const DepthwiseKernels& depthwise;
  const DropoutKernels& dropout;
  const ElementwiseKernels& elementwise;
  const EmaKernels& ema;
  const GemmKernels& gemm;
  const GroupNormKernels& group_norm;
  const GroupedKernels& grouped;
  const ImageCropKernels& image_crop;
  const LayerNormKernels& layer_norm;
  const LineWinogradTable& line_winograd;
  const LocalResponseNormKernels& local_response_norm;
  const MaxPoolKernels& max_pool;
  const MomentsKernels& moments;
  const PackKernels& pack;
  const PointwiseLossKernels& pointwise_loss;
  const PreluKernels& prelu;
  const ReduceKernels& reduce;
  const ReluKernels& relu;
  const RmspropKernels& rmsprop;
  const SgdKernels& sgd;
  const SoftmaxKernels& softmax;
  const WinogradTable& winograd;
};

// `isa` must be supported (cpu.h).
const KernelTable& kernel_table(Isa isa);

}  // namespace strided
