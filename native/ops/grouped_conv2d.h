// Convolution of many narrow groups, several of which share a register: where it applies, slices and weights.
#pragma once

#include "conv.h"
#include "taps.h"

namespace strided {

// Whether the grouped kernels take these taps: 2-D, groups of 2, 4 or 8 channels in and as many out, narrower than a
// register, at most three adjoining filter columns.
bool is_grouped(const KernelTable& kernels, const TapProblem& taps);
void run_grouped_taps(const Context& context, const TapProblem& taps, const TapPacker& packer);

// The same for the gradient of the weights.
bool is_grouped(const KernelTable& kernels, const ConvProblem& problem);
void grouped_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                             const float* grad_output, float* grad_weight);

}  // namespace strided
