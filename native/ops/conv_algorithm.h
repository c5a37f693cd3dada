// Which algorithm a convolution runs, as a function of its shape and of the precision asked for.
#pragma once

#include "conv.h"

namespace strided {

// winograd_MxK: tiles of M for kernels of K; winograd_halving: tiles of 4 for kernels of 3 and a stride of 2.
enum class ConvAlgorithm { direct, winograd_4x3, winograd_2x3, winograd_2x5, winograd_halving };

// Winograd takes dense 3x3 and 5x5 convolutions of stride 1 with at least 16 channels on both sides, and 3x3 ones of
// stride 2 and padding 1 with at least 32, where its fewer multiplications outweigh tiles that stick out over the edge.
ConvAlgorithm conv_algorithm(const ConvProblem& problem, ConvPrecision precision);
// The same for the weight gradient, which has no tiles of patches of 6 where its sums are short: their error would be
// more than 2.5 times that of a running sum.
ConvAlgorithm conv_weight_algorithm(const ConvProblem& problem, ConvPrecision precision);

}  // namespace strided
