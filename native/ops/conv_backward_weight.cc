// Gradients of the convolution weights and bias: which algorithm.
#include <algorithm>

#include "conv.h"
#include "conv_algorithm.h"
#include "depthwise_conv2d.h"
#include "direct_backward_weight.h"
#include "gemm.h"
#include "grouped_conv2d.h"
#include "line_winograd.h"
#include "winograd.h"

namespace strided {
namespace {

// Sums of grad_output by channel, a part for each image.
void bias_gradient(const Context& context, const ConvProblem& p, const float* grad_output, float* grad_bias) {
  const auto& column_sum = context.kernels->reduce.column_sum;
  const Workspace<float> images(context, p.n * p.oc);
  context.parallel(p.n, [&](int64_t n, int) {
    column_sum(p.output_pixels(), p.oc, p.oc, grad_output + n * p.output_image(), images.get() + n * p.oc);
  });
  column_sum(p.n, p.oc, p.oc, images.get(), grad_bias);
}

// Whether a 1x1 convolution's gradient is cut finely enough along its channels: one product then, and no parts to add.
bool is_product(const ConvProblem& p) {
  return p.is_pointwise() && ceil_div(p.group_oc(), 96) * ceil_div(p.group_ic(), 64) >= 8 &&
         p.n * p.output_pixels() <= 2048;
}

void product_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                             float* grad_weight) {
  for (int64_t g = 0; g < p.g; g++) {
    const Matrix a{grad_output + g * p.group_oc(), p.oc, true};
    const Matrix b{input + g * p.group_ic(), p.ic, false};
    gemm(context, {p.group_oc(), p.group_ic(), p.n * p.output_pixels(), a, b, nullptr,
                   grad_weight + g * p.group_weights(), p.group_ic()});
  }
}

// The pixels of all images of a 1x1 convolution as one image with long rows: sums along a row stay in registers.
ConvProblem with_long_rows(const ConvProblem& p) {
  const int64_t pixels = p.n * p.output_pixels();
  int64_t width = std::min<int64_t>(pixels, 512);
  while (pixels % width != 0) width--;
  if (!p.is_pointwise() || width <= p.ow) return p;
  ConvProblem flat = p;
  flat.n = flat.id = flat.od = 1;
  flat.ih = flat.oh = pixels / width;
  flat.iw = flat.ow = width;
  return flat;
}

}  // namespace

void conv_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                          float* grad_weight, float* grad_bias) {
  const ConvAlgorithm algorithm = conv_weight_algorithm(p, context.conv_precision);
  if (p.n == 0) {
    // The sum over no images.
    std::fill_n(grad_weight, p.g * p.group_weights(), 0.0f);
  } else if (is_depthwise(p)) {
    depthwise_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (is_grouped(*context.kernels, p)) {
    grouped_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (is_product(p)) {
    product_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (algorithm == ConvAlgorithm::direct && is_line_winograd(p, context.conv_precision)) {
    line_winograd_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (algorithm == ConvAlgorithm::direct) {
    direct_backward_weight(context, with_long_rows(p), input, grad_output, grad_weight);
  } else {
    winograd_backward_weight(context, algorithm, p, input, grad_output, grad_weight);
  }
  if (grad_bias != nullptr) bias_gradient(context, p, grad_output, grad_bias);
}

}  // namespace strided
