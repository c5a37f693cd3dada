// Depthwise convolution: every channel has its own kernel; forward and backward.
//
//   output[oh,ow,c]      = bias[c] + Σ_{kh,kw} input[oh*SH - PH + kh*DH, ow*SW - PW + kw*DW, c] * weight[kh,kw,c]
//   grad_input[ih,iw,c]  = Σ_{kh,kw} grad_output[oh,ow,c] * weight[kh,kw,c],  oh*SH = ih + PH - kh*DH, ow likewise
//   grad_weight[kh,kw,c] += Σ_{oh,ow} grad_output[oh,ow,c] * input[oh*SH - PH + kh*DH, ow*SW - PW + kw*DW, c]
//
// With relu an output is the larger of that and 0.
//
// Edges    Padding is skipped, never multiplied.
// Layout   channels-last images; weight with channels innermost, [kh, kw, c]. Lanes run over c.
// Slices   forward: output rows; input: input rows; weight: output rows, channels [begin, end). Rows are counted over
//          all images.
// Saved    nothing
// Aliasing No two arguments may overlap. forward and input write all of their rows; weight adds.
// Cost     2*KH*KW floating-point operations an output and channel; one load for each, so bound by loads.
// Source   Semantics of torch.nn.functional.conv2d with groups equal to the channels.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct DepthwiseShape {
  int64_t c, ih, iw, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw;
  bool relu;
};

struct DepthwiseKernels {
  void (*forward)(const DepthwiseShape& shape, int64_t row_begin, int64_t row_end, const float* input,
                  const float* weight, const float* bias, float* output);
  void (*input)(const DepthwiseShape& shape, int64_t row_begin, int64_t row_end, const float* grad_output,
                const float* weight, float* grad_input);
  void (*weight)(const DepthwiseShape& shape, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                 const float* input, const float* grad_output, float* grad_weight);
};

template <Isa isa>
const DepthwiseKernels& depthwise_kernels();

}  // namespace strided
