// Which algorithm a convolution runs, as a function of its shape and of the precision asked for.
#pragma once

#include "conv.h"

namespace strided {

enum class ConvAlgorithm { direct, winograd2, winograd4 };

// The same for all three passes. Winograd takes dense 3x3 convolutions of stride and dilation 1 with at least 16
// channels on both sides, where its fewer multiplications outweigh tiles that stick out over the edge of the output.
ConvAlgorithm conv_algorithm(const ConvProblem& problem, ConvPrecision precision);

}  // namespace strided
