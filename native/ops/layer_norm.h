// Layer and root mean square normalization of rows, forward and backward; kernels/layer_norm.h has formulas and
// derivation.
#pragma once

#include "context.h"

namespace strided {

struct LayerNormProblem {
  int64_t rows, size;
  double eps;
};

// By row; mean is null for root mean square normalization, which takes none away.
struct LayerNormStats {
  float* mean;
  float* rstd;
};

// weight and bias, [size], may be null: 1 and 0.
void layer_norm_forward(const Context& context, const LayerNormProblem& problem, const float* input,
                        const float* weight, const float* bias, const LayerNormStats& saved, float* output);

struct LayerNormGrads {
  float* input;
  float* weight;  // may be null, as may bias
  float* bias;
};

void layer_norm_backward(const Context& context, const LayerNormProblem& problem, const float* input,
                         const float* grad_output, const LayerNormStats& saved, const float* weight,
                         const LayerNormGrads& grads);

}  // namespace strided
