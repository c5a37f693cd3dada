// Batch normalization over the rows of a [rows, C] buffer, forward and backward.
//
//   output[r,c] = (input[r,c] - mean[c]) * rstd[c] * weight[c] + bias[c]
//
//   moments:  count, mean and Σ (x - mean)² of a slice's rows, to be merged by the caller
//   apply:    output = (input - mean) * scale + shift
//   sums:     sum[c] = Σ grad_output, dot[c] = Σ grad_output * (input - mean)
//   gradient: grad_input = scale * grad_output + slope * (input - mean) + shift
//
// With x̂ = (x - mean) * rstd, y = weight * x̂ + bias, both mean and rstd depending on every x, the chain rule gives
//   dx = weight * rstd * (dy - Σdy / R - x̂ * Σ(dy * x̂) / R),
// so that scale = weight*rstd, slope = -scale * rstd² * dot / R, shift = -scale * sum / R.
//
// Edges    Any rows >= 1, any C >= 1.
// Layout   dense [rows, C]; a channels-last image has rows = N*H*W. Lanes run over c.
// Slices   rows; partial moments and sums are doubles, merged by the caller in slice order.
// Saved    mean and rstd.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     Memory bound: forward reads twice and writes once, backward reads twice two buffers and writes one.
// Source   Ioffe & Szegedy 2015; the merge is Chan, Golub & LeVeque 1979.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct BatchNormKernels {
  void (*moments)(int64_t rows, int64_t c, const float* input, double* mean, double* squares);
  void (*apply)(int64_t rows, int64_t c, const float* input, const float* mean, const float* scale, const float* shift,
                float* output);
  void (*sums)(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean, double* sum,
               double* dot);
  void (*gradient)(int64_t rows, int64_t c, const float* input, const float* grad_output, const float* mean,
                   const float* scale, const float* slope, const float* shift, float* grad_input);
};

template <Isa isa>
const BatchNormKernels& batch_norm_kernels();

}  // namespace strided
