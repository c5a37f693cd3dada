// Winograd's minimal filtering F(m, 3) along one dimension, for kernels of three and more taps in a line and any number
// of them in other dimensions: the transforms around the products of gemm.h.
//
//   output[m t + i, j]   = (Aᵀ Σ_{s,k} v[s][t, k] u[s][k, j])[i] + bias[j]    forward, and backward-input
//   grad_weight[3 s + i] = (Gᵀ Σ_t v[s][t] d[t])[i]                           backward-weight
//
// where s are the stretches of three taps that a line of the kernel is cut into (nine taps are three of them, seven
// too, the last of one tap and two zeros), v[s][t] = Bᵀ d is the transform of the m + 2 positions from m t + 3 s -
// padding on, u[s] = G g that of the stretch's weights (of the turned kernel in backward-input) and d[t] = A dy that of
// m positions of grad_output. A stretch of three taps costs m + 2 products for m outputs and not 3 m, and transforms
// along one dimension grow no squares of patches.
//
//   input:   v[f, t, c] for `count` tiles    weights:         u[f, k]
//   output:  pixels of `count` tiles         gradient:        d[f, t, c]
//                                            weight_gradient: grad_weight[tap, c]
//
// The transforms and their points are those of winograd.h. One dimension rounds less than two: the mean error is 1.3 to
// 1.9 times that of direct summation where two have 1.9 to 2.5, and test/ops/winograd_error.test.ts holds the bound.
//
// Edges    Any channel count. Positions outside the line are read as zeros and not written.
// Layout   planes: frequency f of anything lies f*plane floats on. Tiles lie `channels` floats apart in v, m and d.
//          Lanes run over channels.
// Slices   One call is a stretch of tiles of one line, or one of channels.
// Saved    nothing
// Aliasing None.
// Cost     input m + 2 loads and as many stores and 14 operations for each channel of a tile and stretch; memory bound.
// Source   Winograd 1980, "Arithmetic complexity of computations"; Lavin & Gray 2016.
//
// An Inf or NaN in a patch makes the outputs of the tiles that read it Inf or NaN, and no others.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// A line of an image; position i lies i*pixel floats on.
struct WinogradLine {
  int64_t first;  // position of the first tile's first number; may lie outside
  int64_t size;   // positions
  int64_t pixel;
};

struct LineWinogradKernels {
  int tile;   // m
  int patch;  // m + 2
  void (*input)(int64_t count, int64_t channels, const WinogradLine& line, const float* x, float* v, int64_t plane);
  void (*gradient)(int64_t count, int64_t channels, const WinogradLine& line, const float* dy, float* d, int64_t plane);
  // taps is [3, count].
  void (*weights)(int64_t count, const float* taps, float* u, int64_t plane);
  void (*output)(int64_t count, int64_t channels, const WinogradLine& line, const float* m, int64_t plane,
                 const float* bias, bool relu, float* y);
  // Writes the first `taps` of the three, `tap` floats apart.
  void (*weight_gradient)(int64_t channels, const float* m, int64_t plane, int64_t taps, int64_t tap,
                          float* grad_weight);
};

struct LineWinogradTable {
  LineWinogradKernels four, two;  // m
};

template <Isa isa>
const LineWinogradTable& line_winograd_kernels();

}  // namespace strided
