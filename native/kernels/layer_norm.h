// Layer and root mean square normalization of rows, forward and backward.
//
//   layer:  output[r,i] = (input[r,i] - mean[r]) * rstd[r] * weight[i] + bias[i],  rstd = 1 / sqrt(var + eps)
//   rms:    the same with mean = 0 and var = mean of input², without bias
//
// With x̂ = (x - mean) * rstd and g = weight * dy, mean and rstd depending on each of the row's `size` values, the chain
// rule gives
//   dx = rstd * (g - Σg / size - x̂ * Σ(g * x̂) / size),
// and for rms, which takes no mean away, the same without Σg. dweight = Σ_r dy * x̂, dbias = Σ_r dy.
//
// The variance is that of blocks about their own means, joined in double (Chan, Golub & LeVeque 1979): a large mean
// does not drown it.
//
// Edges    Any rows >= 0, any size >= 1. weight and bias may be null: 1 and 0.
// Layout   dense [rows, size]. Lanes run over size.
// Slices   rows; or for long rows parts of one, whose moments and dots the caller joins in order.
// Saved    mean and rstd of every row.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     Memory bound: a row stays in cache between the passes over it, so that every operand moves once.
// Source   Ba, Kiros & Hinton 2016; Zhang & Sennrich 2019.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct RowMoments {
  double mean, squares;  // squares = Σ (x - mean)²; for rms mean = 0
};

struct RowDots {
  double sum, dot;  // Σ g, Σ g * (x - mean)
};

// What a row is normalized by; offset is what the float of the mean lacks, times rstd, and counts in apply alone.
struct RowStats {
  float mean, rstd, offset;
};

// Columns of rows whose dots are known, their sum 0 for rms; share = 1 / size, and `stride` lies between two rows.
struct LayerNormGradient {
  int64_t rows, columns, stride;
  const RowStats* stats;
  const RowDots* dots;
  double share;
  const float* input;
  const float* grad_output;
  const float* weight;
  float* grad_input;
  float* grad_weight;  // dy * x̂ is added to it, and dy to grad_bias; either may be null
  float* grad_bias;
  bool streamed;  // whether rows of grad_input begin at multiples of 64 bytes and are to pass the caches
};

// Rows up to so long are mostly waiting for their own sums, division and root: several are taken at a time (64 elements
// 1.7 times faster; from 512 on slower, since memory waits while sums do not overlap with what follows them).
constexpr int64_t kShortRow = 256;

// Whole rows of up to kShortRow elements; mean is null for rms, eps 0 or a normal float.
struct LayerNormForward {
  int64_t rows, size;
  float eps;
  const float* input;
  const float* weight;
  const float* bias;
  float* mean;
  float* rstd;
  float* output;
  bool streamed;
};

struct LayerNormKernels {
  void (*forward)(const LayerNormForward& rows);
  RowMoments (*moments)(int64_t size, const float* input);
  RowMoments (*squares)(int64_t size, const float* input);
  // Of a row or a part of one. What was `streamed`, past the caches, others see after end_apply.
  void (*apply)(int64_t size, RowStats stats, const float* input, const float* weight, const float* bias, float* output,
                bool streamed);
  void (*end_apply)();
  RowDots (*dots)(int64_t size, RowStats stats, const float* input, const float* grad_output, const float* weight);
  // What dots and gradient do, for whole rows: stats are those that were saved, mean being null for rms.
  void (*backward)(const LayerNormGradient& rows, const float* mean, const float* rstd);
  void (*gradient)(const LayerNormGradient& rows);
};

template <Isa isa>
const LayerNormKernels& layer_norm_kernels();

}  // namespace strided
