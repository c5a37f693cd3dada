// 2-D convolution, forward and both backward passes: which rows, taps and panels the register tile of gemm.h runs over.
//
//   output[n,oh,ow,oc] = bias[oc] + Σ_{kh,kw,ic} input[n, oh*SH - PH + kh*DH, ow*SW - PW + kw*DW, ic] *
//   weight[oc,kh,kw,ic]
//
// Layout: activations channels-last, weight [oc, kh, kw, ic/g]. ic runs over the channels of oc's group.
#pragma once

#include "context.h"

namespace strided {

struct Conv2dProblem {
  int64_t n, g, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw;

  int64_t group_ic() const { return ic / g; }
  int64_t group_oc() const { return oc / g; }
};

// bias may be null.
void conv2d_forward(const Context& context, const Conv2dProblem& problem, const float* input, const float* weight,
                    const float* bias, float* output);
void conv2d_backward_input(const Context& context, const Conv2dProblem& problem, const float* grad_output,
                           const float* weight, float* grad_input);
// grad_bias may be null.
void conv2d_backward_weight(const Context& context, const Conv2dProblem& problem, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias);

}  // namespace strided
