// Local response normalization across channels, forward and backward.
//
//   output[r,c] = input[r,c] * d[r,c]^-beta,  d[r,c] = k + scale * Σ_j input[r,j]²,  scale = alpha / size,
//   j from c - size/2 to c + (size-1)/2 inside the channels
//
// An input stands in its own output and, squared, in d[j] of every channel j whose window it lies in, so that
//   dx[c] = dy[c] * d[c]^-beta - 2 * scale * beta * x[c] * Σ_j dy[j] * x[j] * d[j]^(-beta - 1),
// j from c - (size-1)/2 to c + size/2.
//
// Edges    A window beyond the channels ends with them. A d below 0 gives NaN, as a power of it does.
// Layout   dense [rows, c]; a channels-last image has rows = N*H*W. Lanes run over c.
// Slices   rows; each thread has scratch of its own for kLocalResponseRows rows at a time.
// Saved    nothing: backward computes d again.
// Aliasing output may be input, grad_input may be grad_output.
// Cost     One logarithm and one exponential for each element, about 50 instructions a register, and `size` loads.
// Source   Krizhevsky, Sutskever & Hinton 2012; semantics of torch.nn.functional.local_response_norm.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// Rows whose squares are written before the first of them is read: an unaligned load of what was just stored waits for
// it.
constexpr int64_t kLocalResponseRows = 8;

struct LocalResponse {
  int64_t c, size;
  float scale, beta, k;
};

struct LocalResponseNormKernels {
  // scratch holds kLocalResponseRows * (c + size) floats, all 0 before the first call.
  void (*forward)(const LocalResponse& problem, int64_t rows, const float* input, float* scratch, float* output);
  // scratch holds twice as many.
  void (*backward)(const LocalResponse& problem, int64_t rows, const float* input, const float* grad_output,
                   float* scratch, float* grad_input);
};

template <Isa isa>
const LocalResponseNormKernels& local_response_norm_kernels();

}  // namespace strided
