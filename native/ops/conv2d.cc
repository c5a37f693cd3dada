#include "conv2d.h"

#include <algorithm>

#include "conv2d_algorithm.h"
#include "gemm.h"
#include "taps.h"
#include "winograd.h"

namespace strided {
namespace {

// A 1x1 convolution without stride and padding is a matrix product over all pixels.
bool is_pointwise(const Conv2dProblem& p) {
  return p.kh == 1 && p.kw == 1 && p.sh == 1 && p.sw == 1 && p.ph == 0 && p.pw == 0 && p.oh == p.ih && p.ow == p.iw;
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
  const Conv2dProblem& p;
  const float* weight;
  const TapLine& rows;
  const TapLine& columns_;

  BackwardPacker(const KernelTable& table, const Conv2dProblem& problem, const float* group_weight,
                 const TapLine& tap_rows, const TapLine& tap_columns)
      : kernels(table), p(problem), weight(group_weight), rows(tap_rows), columns_(tap_columns) {}

  void pack(int64_t column, int64_t columns, int64_t width, float* panel) const override {
    for (const int64_t kh : rows.kernel) {
      for (const int64_t kw : columns_.kernel) {
        const float* tap = weight + (kh * p.kw + kw) * p.group_ic() + column;
        kernels.pack.rows(p.group_oc(), columns, width, tap, p.kh * p.kw * p.group_ic(), panel);
        panel += p.group_oc() * width;
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
  context.parallel(n, [&](int64_t image, int) {
    for (int64_t row = 0; row < output.rows; row++) {
      float* pixel = output.data + image * output.image + row * output.row;
      for (int64_t i = 0; i < output.columns; i++) fill(output.channels, 0.0f, pixel + i * output.pixel);
    }
  });
}

void backward_input_phase(const Context& context, const Conv2dProblem& p, int64_t group, int64_t phase_h,
                          int64_t phase_w, const float* grad_output, const float* weight, float* grad_input) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  TapProblem taps{};
  taps.source = {grad_output + group * oc, p.n, p.oh, p.ow, p.oc, oc};
  taps.output = {grad_input + group * ic + (phase_h * p.iw + phase_w) * p.ic,
                 ceil_div(p.ih - phase_h, p.sh),
                 ceil_div(p.iw - phase_w, p.sw),
                 p.ih * p.iw * p.ic,
                 p.sh * p.iw * p.ic,
                 p.sw * p.ic,
                 ic};
  taps.rows = backward_taps(p.kh, p.ph, p.dh, p.sh, phase_h);
  taps.columns = backward_taps(p.kw, p.pw, p.dw, p.sw, phase_w);
  taps.step_h = taps.step_w = 1;
  if (taps.rows.offset.empty() || taps.columns.offset.empty()) return clear_phase(context, taps.output, p.n);
  const float* group_weight = weight + group * oc * p.kh * p.kw * ic;
  run_taps(context, taps, BackwardPacker(*context.kernels, p, group_weight, taps.rows, taps.columns));
}

}  // namespace

void conv2d_forward(const Context& context, const Conv2dProblem& p, const float* input, const float* weight,
                    const float* bias, float* output) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  const int64_t depth = p.kh * p.kw * ic;
  const ConvAlgorithm algorithm = conv2d_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) return winograd_forward(context, algorithm, p, input, weight, bias, output);
  if (is_pointwise(p)) {
    for (int64_t g = 0; g < p.g; g++) {
      gemm(context, {p.n * p.oh * p.ow,
                     oc,
                     ic,
                     {input + g * ic, p.ic, false},
                     {weight + g * oc * ic, ic, true},
                     bias == nullptr ? nullptr : bias + g * oc,
                     output + g * oc,
                     p.oc});
    }
    return;
  }
  for (int64_t g = 0; g < p.g; g++) {
    TapProblem taps{};
    taps.source = {input + g * ic, p.n, p.ih, p.iw, p.ic, ic};
    taps.output = {output + g * oc, p.oh, p.ow, p.oh * p.ow * p.oc, p.ow * p.oc, p.oc, oc};
    taps.rows = forward_taps(p.kh, p.ph, p.dh);
    taps.columns = forward_taps(p.kw, p.pw, p.dw);
    taps.step_h = p.sh;
    taps.step_w = p.sw;
    taps.bias = bias == nullptr ? nullptr : bias + g * oc;
    run_taps(context, taps, ForwardPacker(*context.kernels, weight + g * oc * depth, depth));
  }
}

void conv2d_backward_input(const Context& context, const Conv2dProblem& p, const float* grad_output,
                           const float* weight, float* grad_input) {
  const int64_t ic = p.group_ic();
  const int64_t oc = p.group_oc();
  const ConvAlgorithm algorithm = conv2d_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) {
    return winograd_backward_input(context, algorithm, p, grad_output, weight, grad_input);
  }
  for (int64_t g = 0; g < p.g; g++) {
    if (is_pointwise(p)) {
      gemm(context, {p.n * p.oh * p.ow,
                     ic,
                     oc,
                     {grad_output + g * oc, p.oc, false},
                     {weight + g * oc * ic, ic, false},
                     nullptr,
                     grad_input + g * ic,
                     p.ic});
      continue;
    }
    for (int64_t phase_h = 0; phase_h < std::min(p.sh, p.ih); phase_h++) {
      for (int64_t phase_w = 0; phase_w < std::min(p.sw, p.iw); phase_w++) {
        backward_input_phase(context, p, g, phase_h, phase_w, grad_output, weight, grad_input);
      }
    }
  }
}

}  // namespace strided
