// Batch normalization of the columns of a [rows, width] buffer, forward and backward, with what often follows it.
//
//   output[r,c] = (input[r,c] - mean[c]) * rstd[c] * weight[c] + bias[c] (+ residual[r,c]), negative ones as 0 under
//   relu
//
//   moments:  sum[c] += Σ (input - shift), square[c] += Σ (input - shift)²
//   apply:    output = (input - mean) * scale + shift (+ residual, max with 0)
//   sums:     sum[c] += Σ g, dot[c] += Σ g * (input - mean)
//   gradient: grad_input = scale * g (+ slope * (input - mean) + shift), and grad_residual = g
//
// g is grad_output, or where there are bits, grad_output where the bit is set and else 0.
//
// With x̂ = (x - mean) * rstd, y = weight * x̂ + bias, both mean and rstd depending on every x, the chain rule gives
//   dx = weight * rstd * (dy - Σdy / R - x̂ * Σ(dy * x̂) / R),
// so that scale = weight*rstd, slope = -scale * rstd² * dot / R, shift = -scale * sum / R.
//
// Edges    Any size; the last row may be cut short. NaN stays NaN under relu, and its bit is set.
// Layout   dense rows of `width`, a multiple of 16 where there is more than one: a caller with fewer channels joins
//          several rows to one and repeats the coefficients. A channels-last image has N*H*W rows. Lanes run over
//          width.
// Slices   whole rows, but for the last slice; pointers are those of the slice. Sums are added to doubles.
// Saved    mean and rstd; under relu one bit an element, 1 where the output is not 0: bit i % 8 of byte i / 8.
// Aliasing output may be input or residual, grad_input or grad_residual may be grad_output.
// Cost     Memory bound: forward reads twice and writes once, backward reads two buffers twice and writes one. relu
// costs
//          no more, a residual one reading forward and one writing backward.
// Source   Ioffe & Szegedy 2015.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// Where a slice of the map lies, and what becomes of it; residual, bits and grad_residual may be null.
struct BatchNormApply {
  int64_t size, width;
  const float* mean;
  const float* scale;
  const float* shift;
  const float* input;
  const float* residual;
  bool relu;
  uint8_t* bits;
  float* output;
  bool streamed;  // whether the output lies at a multiple of 64 bytes and is to pass the caches
};

// input is null where slope and shift are all 0.
struct BatchNormGradient {
  int64_t size, width;
  const float* mean;
  const float* scale;
  const float* slope;
  const float* shift;
  const float* input;
  const float* grad_output;
  const uint8_t* bits;
  float* grad_input;
  float* grad_residual;
  bool streamed;  // likewise of grad_input and grad_residual
};

struct BatchNormKernels {
  void (*moments)(int64_t size, int64_t width, const float* input, const float* shift, double* sum, double* square);
  void (*apply)(const BatchNormApply& slice);
  void (*sums)(int64_t size, int64_t width, const float* input, const float* grad_output, const float* mean,
               const uint8_t* bits, double* sum, double* dot);
  void (*gradient)(const BatchNormGradient& slice);
};

template <Isa isa>
const BatchNormKernels& batch_norm_kernels();

}  // namespace strided
