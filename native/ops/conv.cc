#include "conv.h"

#include <algorithm>

#include "conv_algorithm.h"
#include "depthwise_conv2d.h"
#include "gemm.h"
#include "grouped_conv2d.h"
#include "line_winograd.h"
#include "taps.h"
#include "winograd.h"

namespace strided {
namespace {

// Many groups of a 1x1 convolution are better off in one walk over the rows than in a matrix product each.
constexpr int64_t kMaxProducts = 4;

bool is_product(const ConvProblem& p) { return p.g <= kMaxProducts && p.is_pointwise(); }

// Weights transposed from [oc, taps, ic] to [taps, ic] by oc.
struct ForwardPacker final : TapPacker {
  const KernelTable& kernels;
  const ConvProblem& p;
  const float* weight;

  ForwardPacker(const KernelTable& table, const ConvProblem& problem, const float* weights)
      : kernels(table), p(problem), weight(weights) {}

  void pack(int64_t group, int64_t column, int64_t columns, int64_t width, float* panel) const override {
    const int64_t depth = p.taps() * p.group_ic();
    const float* from = weight + group * p.group_weights() + column * depth;
    kernels.pack.transposed(depth, columns, width, from, depth, panel);
  }
};

// For each tap of a phase the [oc, ic] slice of the weights as it stands.
struct BackwardPacker final : TapPacker {
  const KernelTable& kernels;
  const ConvProblem& p;
  const TapProblem& taps;
  const float* weight;

  BackwardPacker(const KernelTable& table, const ConvProblem& problem, const TapProblem& phase, const float* weights)
      : kernels(table), p(problem), taps(phase), weight(weights) {}

  void pack(int64_t group, int64_t column, int64_t columns, int64_t width, float* panel) const override {
    const float* from = weight + group * p.group_weights() + column;
    for (const int64_t kd : taps.depths.kernel) {
      for (const int64_t kh : taps.rows.kernel) {
        for (const int64_t kw : taps.columns.kernel) {
          const float* tap = from + ((kd * p.kh + kh) * p.kw + kw) * p.group_ic();
          kernels.pack.rows(p.group_oc(), columns, width, tap, p.taps() * p.group_ic(), panel);
          panel += p.group_oc() * width;
        }
      }
    }
  }
};

void run_either(const Context& context, const TapProblem& taps, const TapPacker& packer) {
  if (is_grouped(*context.kernels, taps)) return run_grouped_taps(context, taps, packer);
  run_taps(context, taps, packer);
}

TapLine forward_taps(int64_t kernel_size, int64_t padding, int64_t dilation) {
  TapLine line;
  for (int64_t k = 0; k < kernel_size; k++) {
    line.offset.push_back(k * dilation - padding);
    line.kernel.push_back(k);
  }
  return line;
}

// Input position i = phase + stride*y is tap k of output o = (i + padding - k*dilation) / stride, where that divides:
// o = y + (phase + padding - k*dilation) / stride. Descending k ascends in o.
TapLine backward_taps(int64_t kernel_size, int64_t padding, int64_t dilation, int64_t stride, int64_t phase) {
  TapLine line;
  for (int64_t k = kernel_size - 1; k >= 0; k--) {
    const int64_t distance = phase + padding - k * dilation;
    if (distance % stride != 0) continue;
    line.offset.push_back(distance / stride);
    line.kernel.push_back(k);
  }
  return line;
}

// A phase that no output reaches has zero gradient.
void clear_phase(const Context& context, const TapOutput& output, int64_t n, int64_t channels) {
  const auto& fill = context.kernels->elementwise.fill;
  context.parallel(n * output.depths, [&](int64_t i, int) {
    float* plane = output.data + i / output.depths * output.image + i % output.depths * output.depth;
    for (int64_t row = 0; row < output.rows; row++) {
      for (int64_t x = 0; x < output.columns; x++) {
        fill(channels, 0.0f, plane + row * output.row + x * output.pixel);
      }
    }
  });
}

struct Phase {
  int64_t d, h, w;
};

void backward_input_phase(const Context& context, const ConvProblem& p, Phase phase, const float* grad_output,
                          const float* weight, float* grad_input) {
  TapProblem taps{};
  taps.groups = p.g;
  taps.source = {grad_output, p.n, p.od, p.oh, p.ow, p.oc, p.group_oc()};
  taps.output = {grad_input + ((phase.d * p.ih + phase.h) * p.iw + phase.w) * p.ic,
                 ceil_div(p.id - phase.d, p.sd),
                 ceil_div(p.ih - phase.h, p.sh),
                 ceil_div(p.iw - phase.w, p.sw),
                 p.input_image(),
                 p.sd * p.ih * p.iw * p.ic,
                 p.sh * p.iw * p.ic,
                 p.sw * p.ic,
                 p.group_ic()};
  taps.depths = backward_taps(p.kd, p.pd, p.dd, p.sd, phase.d);
  taps.rows = backward_taps(p.kh, p.ph, p.dh, p.sh, phase.h);
  taps.columns = backward_taps(p.kw, p.pw, p.dw, p.sw, phase.w);
  taps.step_d = taps.step_h = taps.step_w = 1;
  if (taps.taps() == 0) return clear_phase(context, taps.output, p.n, p.ic);
  run_either(context, taps, BackwardPacker(*context.kernels, p, taps, weight));
}

void pointwise(const Context& context, const ConvProblem& p, const float* input, int64_t ic, const float* weight,
               bool transposed, const float* bias, bool relu, float* output, int64_t oc, Moments* moments) {
  for (int64_t g = 0; g < p.g; g++) {
    const Matrix a{input + g * ic, p.g * ic, false};
    const Matrix b{weight + g * p.group_weights(), p.group_ic(), transposed};
    gemm(context, {p.n * p.output_pixels(), oc, ic, a, b, bias == nullptr ? nullptr : bias + g * oc, output + g * oc,
                   p.g * oc, relu, p.g == 1 ? moments : nullptr});
  }
}

}  // namespace

void conv_forward(const Context& context, const ConvProblem& p, const float* input, const float* weight,
                  const float* bias, float* output, Moments* moments) {
  const ConvAlgorithm algorithm = conv_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) {
    return winograd_forward(context, algorithm, p, input, weight, bias, output, moments);
  }
  if (is_line_winograd(p, context.conv_precision)) {
    return line_winograd_forward(context, p, input, weight, bias, output, moments);
  }
  if (is_depthwise(p)) return depthwise_forward(context, p, input, weight, bias, output, moments);
  if (is_product(p)) {
    return pointwise(context, p, input, p.group_ic(), weight, true, bias, p.relu, output, p.group_oc(), moments);
  }
  TapProblem taps{};
  taps.groups = p.g;
  taps.source = {input, p.n, p.id, p.ih, p.iw, p.ic, p.group_ic()};
  taps.output = {output, p.od, p.oh, p.ow, p.output_image(), p.oh * p.ow * p.oc, p.ow * p.oc, p.oc, p.group_oc()};
  taps.depths = forward_taps(p.kd, p.pd, p.dd);
  taps.rows = forward_taps(p.kh, p.ph, p.dh);
  taps.columns = forward_taps(p.kw, p.pw, p.dw);
  taps.step_d = p.sd;
  taps.step_h = p.sh;
  taps.step_w = p.sw;
  taps.bias = bias;
  taps.relu = p.relu;
  taps.moments = moments;
  run_either(context, taps, ForwardPacker(*context.kernels, p, weight));
}

void conv_backward_input(const Context& context, const ConvProblem& p, const float* grad_output, const float* weight,
                         float* grad_input) {
  const ConvAlgorithm algorithm = conv_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) {
    return winograd_backward_input(context, algorithm, p, grad_output, weight, grad_input);
  }
  if (is_line_winograd(p, context.conv_precision)) {
    return line_winograd_backward_input(context, p, grad_output, weight, grad_input);
  }
  if (is_depthwise(p)) return depthwise_backward_input(context, p, grad_output, weight, grad_input);
  if (is_product(p)) {
    return pointwise(context, p, grad_output, p.group_oc(), weight, false, nullptr, false, grad_input, p.group_ic(),
                     nullptr);
  }
  for (int64_t d = 0; d < std::min(p.sd, p.id); d++) {
    for (int64_t h = 0; h < std::min(p.sh, p.ih); h++) {
      for (int64_t w = 0; w < std::min(p.sw, p.iw); w++) {
        backward_input_phase(context, p, {d, h, w}, grad_output, weight, grad_input);
      }
    }
  }
}

}  // namespace strided
