// Average pooling over windows of up to three dimensions, forward and backward.
//
//   output[n,od,oh,ow,c]     = 1/divisor * Σ over the taps inside the window (od,oh,ow) of input[n,id,ih,iw,c]
//   grad_input[n,id,ih,iw,c] = Σ grad_output[n,od,oh,ow,c] / divisor over the windows that hold (id,ih,iw)
//
// Edges    The divisor is the product of what the three dimensions of the window count, or one number for all windows.
//          A window of padding alone gives 0.
// Layout   channels-last, contiguous float32; lanes run over c. Windows have no gaps: the step of an axis is 1.
// Slices   forward: rows of the output, n*OD + od times OH + oh; backward: rows of the input likewise.
// Saved    nothing
// Aliasing No two arguments may overlap. Backward writes all of grad_input in its slice.
// Cost     One addition for each tap; memory bound for up to about 9. A window is summed row by row, so that rounding
//          grows with its sides and not with its area.
// Source   Semantics of torch.nn.functional.avg_pool3d and adaptive_avg_pool3d.
#pragma once

#include "../simd/isa.h"
#include "pool_windows.h"

namespace strided {

struct AvgPoolKernels {
  // scale is 1/divisor, or 0 where windows have their own.
  void (*forward)(const PoolShape& shape, const PoolSlice& slice, float scale, const float* input, float* output);
  void (*backward)(const PoolShape& shape, const PoolSlice& slice, float scale, const float* grad_output,
                   float* grad_input);
};

template <Isa isa>
const AvgPoolKernels& avg_pool_kernels();

}  // namespace strided
