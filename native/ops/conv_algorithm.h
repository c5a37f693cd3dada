// Which algorithm a convolution runs, as a function of its shape and of the precision asked for.
#pragma once

#include "conv.h"

namespace strided {

// winograd_MxK: tiles of M for kernels of K.
enum class ConvAlgorithm { direct, winograd_4x3, winograd_2x3, winograd_2x5 };

// The same for all three passes. Winograd takes dense 3x3 and 5x5 convolutions of stride and dilation 1 with at least
// 16 channels on both sides, where its fewer multiplications outweigh tiles that stick out over the edge of the output.
ConvAlgorithm conv_algorithm(const ConvProblem& problem, ConvPrecision precision);

}  // namespace strided
