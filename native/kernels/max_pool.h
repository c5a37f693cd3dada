// Max pooling over windows of up to three dimensions, forward and backward.
//
//   output[n,od,oh,ow,c]     = max over the taps inside the window (od,oh,ow) of input[n,id,ih,iw,c]
//   grad_input[n,id,ih,iw,c] = Σ grad_output[n,od,oh,ow,c] over the windows whose winner is (id,ih,iw)
//
// Edges    Padding is no tap and never wins. On ties the first (kd, kh, kw) wins; a NaN wins, the last of several.
//          A window of padding alone gives -inf and no gradient. Under relu a maximum that is not above 0 gives 0 and
//          no winner, as max(0, input) would but for which zero wins, and that passes no gradient either.
// Layout   channels-last, contiguous float32; lanes run over c.
// Slices   forward: rows of the output, n*OD + od times OH + oh; backward: rows of the input likewise.
// Saved    The winner, in one of two forms: taps, its (kd*KH + kh)*KW + kw in a byte, kNoTap for none, where a window
// has
//          at most kNoTap taps; or positions, its (id*IH + ih)*IW + iw, -1 for none. The other one is null; in forward
//          both may be.
// Aliasing No two arguments may overlap. Backward writes all of grad_input in its slice.
// Cost     One compare for each tap; memory bound for up to about 9.
// Source   Semantics of torch.nn.functional.max_pool3d and adaptive_max_pool3d.
#pragma once

#include "../simd/isa.h"
#include "pool_windows.h"

namespace strided {

constexpr int32_t kNoTap = 255;

struct MaxPoolKernels {
  void (*forward)(const PoolShape& shape, const PoolSlice& slice, bool relu, const float* input, float* output,
                  uint8_t* taps, int32_t* positions);
  void (*backward)(const PoolShape& shape, const PoolSlice& slice, const float* grad_output, const uint8_t* taps,
                   const int32_t* positions, float* grad_input);
  // backward for a single window over the whole image, whose winners have positions.
  void (*backward_whole)(const PoolShape& shape, const PoolSlice& slice, const float* grad_output,
                         const int32_t* positions, float* grad_input);
};

template <Isa isa>
const MaxPoolKernels& max_pool_kernels();

}  // namespace strided
