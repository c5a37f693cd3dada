// Normalization by image and group of channels, forward and backward: the passes over [rows, c] that it is made of.
//
//   output[s,c] = (input[s,c] - mean[g]) * rstd[g] * weight[c] + bias[c],  s over the pixels of one image, c in group g
//
//   apply:    output = (input - mean) * scale + offset
//   gradient: grad_input = scale * grad_output + slope * (input - mean) + offset
//
// The sums that both need are those of batch normalization: sum[c] = Σ (x - shift) and square[c] = Σ (x - shift)²
// forward, sum[c] = Σ dy and dot[c] = Σ dy * (x - mean) backward.
//
// With x̂ = (x - mean) * rstd, y = weight * x̂ + bias, mean and rstd depending on each of the R values of the group, the
// chain rule gives, sums over the group,
//   dx = rstd * (weight * dy - Σ(weight * dy) / R - x̂ * Σ(weight * dy * x̂) / R),
// so that scale = rstd * weight[c], offset = -rstd * Σ weight[c] * sum[c] / R, slope = -rstd³ * Σ weight[c] * dot[c] /
// R. All statistics are taken by column first, whole registers of them, and joined into groups by the caller: a group
// of one channel costs no more than a group of all.
//
// Edges    Any size; the last row may be cut short.
// Layout   dense rows of `width`: the channels of one or more pixels of a channels-last image. Lanes run over width.
// Slices   pixels of one image.
// Saved    mean and rstd of every image and group.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     Memory bound: forward reads twice and writes once, backward reads twice two buffers and writes one; an image
//          that fits into the second-level cache comes from memory once.
// Source   Wu & He 2018; Ulyanov, Vedaldi & Lempitsky 2016.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct GroupNormKernels {
  void (*apply)(int64_t size, int64_t width, const float* input, const float* mean, const float* scale,
                const float* offset, float* output);
  void (*gradient)(int64_t size, int64_t width, const float* input, const float* grad_output, const float* mean,
                   const float* scale, const float* slope, const float* offset, float* grad_input);
};

template <Isa isa>
const GroupNormKernels& group_norm_kernels();

}  // namespace strided
