// Winograd's minimal filtering F(m x m, k x k): the transforms around the products of gemm.h, for kernels of 3 with
// tiles of 4 or 2, for kernels of 5 with tiles of 2, and for kernels of 3 with a stride of 2 with tiles of 4.
//
//   output tile = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A                  forward; backward-input with g turned by 180 degrees
//   grad_weight = Gᵀ [ Σ_tiles (A dy Aᵀ) ⊙ (Bᵀ d B) ] G         backward-weight
//
// d is an (m+2) x (m+2) patch of the input, one for each m x m tile of the output; ⊙ is a product for each of the
// (m+2)² frequencies, summed over channels (forward) or over tiles (backward-weight).
//
//   input:            v[f, c] = (Bᵀ d B)[f]              gradient: d[f, c] = (A dy Aᵀ)[f]
//   weights:          u[f, k, j] = (G g Gᵀ)[f]           output:   pixel = (Aᵀ m A) + bias, or 0 where relu finds less
//   weight_gradient:  grad_weight[tap, c] = (Gᵀ m G)[tap]
//
// With points 0, ±a, ±b, ∞ (patches of 6) the one-dimensional transforms are
//   Bᵀd: t0 = a²b² d0 - (a²+b²) d2 + d4, t1,2 = (d4 - b² d2) ± a (d3 - b² d1), t3,4 = (d4 - a² d2) ± b (d3 - a² d1),
//        t5 = a²b² d1 - (a²+b²) d3 + d5
//   Gg:  u0 = g0 / a²b², u1,2 = (Σ g[i] (±a)^i) / 2a²(a²-b²), u3,4 = (Σ g[i] (±b)^i) / 2b²(b²-a²), u5 = g[k-1]
//   Aᵀm: y[i] = 0^i m0 + a^i (m1 + (-1)^i m2) + b^i (m3 + (-1)^i m4), and m5 more in the last one.
// a = 5/8, b = 3/2, all of whose powers are exact: for kernels of 3 the mean error is 1.9 (64 channels) to 2.5 (16)
// times that of direct summation, where the textbook's 1 and 2 have 3 to 5 times; that of a weight gradient is 0.8
// to 1.7 times that of one running sum over the positions, from 256 of them on. Patches of 4 have the points 0, ±1, ∞
// and a smaller error than direct summation. test/ops/winograd_error.test.ts holds the bound of 2.5.
//
// With a stride of 2 the even taps (two of three) meet other input pixels than the odd one. The convolution is the sum
// of the four phases that rows and columns make, of stride 1 and of 2 or 1 taps each way, whose frequencies are those
// of points ±a, ±b, ∞ (patches of 5; a = 7/16, b = 11/8):
//   Bᵀd: t0,1 = a (d2 - b² d0) ± (d3 - b² d1), t2,3 = b (d2 - a² d0) ± (d3 - a² d1), t4 = a²b² d0 - (a²+b²) d2 + d4
//   Gg:  u0,1 = (g0 ± a g1) / 2a(a²-b²), u2,3 = (g0 ± b g1) / 2b(b²-a²), u4 = g1
//   Aᵀm: y[i] = a^i (m0 + (-1)^i m1) + b^i (m2 + (-1)^i m3), and m4 more in the last one.
// A single tap has no part in frequency 4 and reads no d4, so that a tile of 4 takes (5 + 4)² = 81 products for 144
// multiplications. Sums over channels run on over the phases. The mean error is 1.9 times that of a running sum
// forward, 1.9 to 2.3 for the input's gradient, whose sums are over 1 to 4 taps, 1.0 for the weights'.
//
// Edges    Any channel count. Pixels outside the image are pointers to zeros; outputs outside are not stored.
// Layout   planes: frequency f of anything lies f*plane floats on. Lanes run over channels.
// Slices   One call is one tile (input, gradient, output) or one stretch of channels.
// Saved    nothing
// Aliasing None.
// Cost     input 4 * 36 or so additions and multiplications for each channel of a tile; memory bound together.
// Source   Lavin & Gray 2016, "Fast algorithms for convolutional neural networks"; Barabasz et al. 2020 for the points.
//          The phases of a stride are those of polyphase filters; their common frequencies are derived here.
//
// An Inf or NaN in a patch makes the whole output tile of that patch Inf or NaN, and no other tile.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct WinogradOutput {
  float* data;  // top left pixel of the tile
  int64_t row, pixel;
  int64_t rows, columns;  // of the tile inside the image
  bool relu;
};

// Rows and columns of patch and kernel differ in phases of a stride only. Their frequency (i, j) has number
// i * frequency_row + j.
struct WinogradKernels {
  int tile;                         // m
  int patch_rows, patch_columns;    // m + k - 1
  int kernel_rows, kernel_columns;  // k
  int frequency_row;
  // What the next tile reads for the first time, `ahead` floats from where this one reads, is fetched meanwhile.
  void (*input)(int64_t channels, const float* const* pixels, int64_t ahead, float* v, int64_t plane);
  void (*gradient)(int64_t channels, const float* const* pixels, int64_t ahead, float* d, int64_t plane);
  // taps is [kernel_rows * kernel_columns, count] for count = depth * width numbers; u holds count numbers in each
  // plane.
  void (*weights)(int64_t count, const float* taps, float* u, int64_t plane);
  void (*output)(int64_t channels, const float* m, int64_t plane, const float* bias, const WinogradOutput& output);
  // Taps of the result are tap_row and tap floats apart.
  void (*weight_gradient)(int64_t channels, const float* m, int64_t plane, float* grad_weight, int64_t tap_row,
                          int64_t tap);
};

struct WinogradTable {
  WinogradKernels four_by_three, two_by_three, two_by_five;
  // A kernel of 3 with a stride of 2: one tap both ways, two down, two both ways, two across. The phases that have a
  // frequency stand side by side.
  WinogradKernels halving[4];
};

template <Isa isa>
const WinogradTable& winograd_kernels();

}  // namespace strided
