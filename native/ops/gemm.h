// Dense matrix products, cut into slices and panels.
//
//   c[m, n] = start[n] + Σ_k a(m, k) * b(k, n)
//
// with a stored [m, k] or, transposed, [k, m]; b stored [k, n] or, transposed, [n, k]; c dense rows. start is the bias
// by column, or 0; with relu the larger of that sum and 0.
#pragma once

#include "context.h"
#include "moments.h"

namespace strided {

struct Matrix {
  const float* data;
  int64_t stride;  // between stored rows
  bool transposed;
};

struct GemmProblem {
  int64_t m, n, k;
  Matrix a, b;
  const float* bias;
  float* c;
  int64_t c_stride;
  bool relu = false;
  Moments* moments = nullptr;  // of c by column, gathered where the call's threads write it
};

void gemm(const Context& context, const GemmProblem& problem);

// Floats of scratch that gemm_serial needs.
int64_t gemm_workspace(const GemmKernels& kernels, int64_t n, int64_t k);
// The same product on the calling thread alone, for use inside a slice.
void gemm_serial(const KernelTable& kernels, const GemmProblem& problem, float* workspace);

}  // namespace strided
