#include "conv.h"

#include <algorithm>

#include "conv_algorithm.h"
#include "depthwise_conv2d.h"
#include "gemm.h"
#include "taps.h"
#include "winograd.h"

namespace strided {
namespace {

// A 1x1 convolution without stride and padding is a matrix product over all pixels.
bool is_pointwise(const ConvProblem& p) {
  return p.taps() == 1 && p.sd == 1 && p.sh == 1 && p.sw == 1 && p.pd == 0 && p.ph == 0 && p.pw == 0 && p.od == p.id &&
         p.oh == p.ih && p.ow == p.iw;
}

// Weights transposed from [oc, taps, ic] to [taps, ic] by oc.
struct ForwardPacker final : TapPacker {
  const KernelTable& kernels;
  const float* weight;
  int64_t depth;

  ForwardPacker(const KernelTable& table, const float* group_weight, int64_t group_depth)
      : kernels(table), weight(group_weight), depth(group_depth) {}

  void pack(int64_t column, int64_t columns, int64_t width, float* panel) const override {
    kernels.pack.transposed(depth, columns, width, weight + column * depth, depth, panel);
  }
};

// For each tap of a phase the [oc, ic] slice of the weights as it stands.
struct BackwardPacker final : TapPacker {
  const KernelTable& kernels;
  const ConvProblem& p;
  const TapProblem& taps;
  const float* weight;

  BackwardPacker(const KernelTable& table, const ConvProblem& problem, const TapProblem& phase,
                 const float* group_weight)
      : kernels(table), p(problem), taps(phase), weight(group_weight) {}

  void pack(int64_t column, int64_t columns, int64_t width, float* panel) const override {
    for (const int64_t kd : taps.depths.kernel) {
      for (const int64_t kh : taps.rows.kernel) {
        for (const int64_t kw : taps.columns.kernel) {
          const float* tap = weight + ((kd * p.kh + kh) * p.kw + kw) * p.group_ic() + column;
          kernels.pack.rows(p.group_oc(), columns, width, tap, p.taps() * p.group_ic(), panel);
          panel += p.group_oc() * width;
        }
      }
    }
  }
};

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
void clear_phase(const Context& context, const TapOutput& output, int64_t n) {
  const auto& fill = context.kernels->elementwise.fill;
  context.parallel(n * output.depths, [&](int64_t i, int) {
    float* plane = output.data + i / output.depths * output.image + i % output.depths * output.depth;
    for (int64_t row = 0; row < output.rows; row++) {
      for (int64_t x = 0; x < output.columns; x++) {
        fill(output.channels, 0.0f, plane + row * output.row + x * output.pixel);
      }
    }
  });
}

struct Phase {
  int64_t d, h, w;
};

void backward_input_phase(const Context& context, const ConvProblem& p, int64_t group, Phase phase,
                          const float* grad_output, const float* weight, float* grad_input) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  TapProblem taps{};
  taps.source = {grad_output + group * oc, p.n, p.od, p.oh, p.ow, p.oc, oc};
  taps.output = {grad_input + group * ic + ((phase.d * p.ih + phase.h) * p.iw + phase.w) * p.ic,
                 ceil_div(p.id - phase.d, p.sd),
                 ceil_div(p.ih - phase.h, p.sh),
                 ceil_div(p.iw - phase.w, p.sw),
                 p.input_image(),
                 p.sd * p.ih * p.iw * p.ic,
                 p.sh * p.iw * p.ic,
                 p.sw * p.ic,
                 ic};
  taps.depths = backward_taps(p.kd, p.pd, p.dd, p.sd, phase.d);
  taps.rows = backward_taps(p.kh, p.ph, p.dh, p.sh, phase.h);
  taps.columns = backward_taps(p.kw, p.pw, p.dw, p.sw, phase.w);
  taps.step_d = taps.step_h = taps.step_w = 1;
  if (taps.taps() == 0) return clear_phase(context, taps.output, p.n);
  run_taps(context, taps, BackwardPacker(*context.kernels, p, taps, weight + group * p.group_weights()));
}

}  // namespace

void conv_forward(const Context& context, const ConvProblem& p, const float* input, const float* weight,
                  const float* bias, float* output) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  const ConvAlgorithm algorithm = conv_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) return winograd_forward(context, algorithm, p, input, weight, bias, output);
  if (is_depthwise(p)) return depthwise_forward(context, p, input, weight, bias, output);
  for (int64_t g = 0; g < p.g; g++) {
    const float* group_weight = weight + g * p.group_weights();
    const float* group_bias = bias == nullptr ? nullptr : bias + g * oc;
    if (is_pointwise(p)) {
      const Matrix a{input + g * ic, p.ic, false};
      const Matrix b{group_weight, ic, true};
      gemm(context, {p.n * p.output_pixels(), oc, ic, a, b, group_bias, output + g * oc, p.oc});
      continue;
    }
    TapProblem taps{};
    taps.source = {input + g * ic, p.n, p.id, p.ih, p.iw, p.ic, ic};
    taps.output = {output + g * oc, p.od, p.oh, p.ow, p.output_image(), p.oh * p.ow * p.oc, p.ow * p.oc, p.oc, oc};
    taps.depths = forward_taps(p.kd, p.pd, p.dd);
    taps.rows = forward_taps(p.kh, p.ph, p.dh);
    taps.columns = forward_taps(p.kw, p.pw, p.dw);
    taps.step_d = p.sd;
    taps.step_h = p.sh;
    taps.step_w = p.sw;
    taps.bias = group_bias;
    run_taps(context, taps, ForwardPacker(*context.kernels, group_weight, p.taps() * ic));
  }
}

void conv_backward_input(const Context& context, const ConvProblem& p, const float* grad_output, const float* weight,
                         float* grad_input) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  const ConvAlgorithm algorithm = conv_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) {
    return winograd_backward_input(context, algorithm, p, grad_output, weight, grad_input);
  }
  if (is_depthwise(p)) return depthwise_backward_input(context, p, grad_output, weight, grad_input);
  for (int64_t g = 0; g < p.g; g++) {
    if (is_pointwise(p)) {
      const Matrix a{grad_output + g * oc, p.oc, false};
      const Matrix b{weight + g * p.group_weights(), ic, false};
      gemm(context, {p.n * p.output_pixels(), ic, oc, a, b, nullptr, grad_input + g * ic, p.ic});
      continue;
    }
    for (int64_t d = 0; d < std::min(p.sd, p.id); d++) {
      for (int64_t h = 0; h < std::min(p.sh, p.ih); h++) {
        for (int64_t w = 0; w < std::min(p.sw, p.iw); w++) {
          backward_input_phase(context, p, g, {d, h, w}, grad_output, weight, grad_input);
        }
      }
    }
  }
}

}  // namespace strided
