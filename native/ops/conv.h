// Convolution, forward and both backward passes, in 2-D and 3-D: which algorithm, slices and panels.
//
//   output[n,od,oh,ow,oc] = bias[oc] + Σ_{kd,kh,kw,ic} weight[oc,kd,kh,kw,ic]
//                         * input[n, od*SD - PD + kd*DD, oh*SH - PH + kh*DH, ow*SW - PW + kw*DW, ic]
//
// Layout: activations channels-last, weight [oc, kd, kh, kw, ic/g]; ic runs over the channels of oc's group. A 2-D
// problem has a depth of 1.
#pragma once

#include "context.h"
#include "moments.h"

namespace strided {

struct ConvProblem {
  int64_t n, g;
  int64_t ic, id, ih, iw;
  int64_t oc, od, oh, ow;
  int64_t kd, kh, kw;
  int64_t sd, sh, sw;
  int64_t pd, ph, pw;
  int64_t dd, dh, dw;
  bool relu;  // forward gives the larger of the sum and 0; the backward passes know nothing of it

  int64_t group_ic() const { return ic / g; }
  int64_t group_oc() const { return oc / g; }
  // Whether the depth plays no part: one plane, under the one tap.
  bool is_2d() const { return id == 1 && od == 1 && kd == 1 && pd == 0; }
  // Whether every output pixel is made of the input pixel in its place alone: a matrix product over all pixels.
  bool is_pointwise() const {
    return taps() == 1 && sd == 1 && sh == 1 && sw == 1 && pd == 0 && ph == 0 && pw == 0 && od == id && oh == ih &&
           ow == iw;
  }
  int64_t taps() const { return kd * kh * kw; }
  int64_t output_pixels() const { return od * oh * ow; }
  // Floats of one image, and of one group's weights.
  int64_t input_image() const { return id * ih * iw * ic; }
  int64_t output_image() const { return output_pixels() * oc; }
  int64_t group_weights() const { return group_oc() * taps() * group_ic(); }
};

// bias may be null. `moments`, when it is not, are gathered of the output.
void conv_forward(const Context& context, const ConvProblem& problem, const float* input, const float* weight,
                  const float* bias, float* output, Moments* moments = nullptr);
void conv_backward_input(const Context& context, const ConvProblem& problem, const float* grad_output,
                         const float* weight, float* grad_input);
// grad_bias may be null.
void conv_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                          const float* grad_output, float* grad_weight, float* grad_bias);

}  // namespace strided
