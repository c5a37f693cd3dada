// Max pooling over 2-D windows, forward and backward.
//
//   output[n,oh,ow,c]     = max over kh, kw of input[n, oh*SH - PH + kh*DH, ow*SW - PW + kw*DW, c]
//   grad_input[n,ih,iw,c] = Σ grad_output[n,oh,ow,c] over the windows with argmax[n,oh,ow,c] == ih*IW + iw
//
// Edges    Padding counts as -inf and never wins. On ties the first (kh, kw) wins; a NaN wins, the last of several.
//          A window of padding alone gives -inf, argmax -1 and no gradient.
// Layout   channels-last, contiguous float32; lanes run over c.
// Slices   forward: output rows [row_begin, row_end) of the N*OH; backward: input rows of the N*IH.
// Saved    argmax[n,oh,ow,c] = ih*IW + iw of the winner; may be null in forward.
// Aliasing No two arguments may overlap. Backward writes all of grad_input in its slice.
// Cost     forward N*C*OH*OW*KH*KW compares; memory bound for KH*KW <= 9.
// Source   Semantics of torch.nn.functional.max_pool2d.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct MaxPool2dShape {
  int64_t n, c, ih, iw, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw;
};

struct MaxPool2dKernels {
  void (*forward)(const MaxPool2dShape& shape, int64_t row_begin, int64_t row_end, const float* input, float* output,
                  int32_t* argmax);
  void (*backward)(const MaxPool2dShape& shape, int64_t row_begin, int64_t row_end, const float* grad_output,
                   const int32_t* argmax, float* grad_input);
};

template <Isa isa>
const MaxPool2dKernels& max_pool2d_kernels();

}  // namespace strided
