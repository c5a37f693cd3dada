// The register tile of every dense product: matrix multiplication, linear layers and convolutions.
//
//   c[m, j] = start[j] + Σ_runs Σ_{k < run.k} a[run.a + m*a_row + k*a_k] * b[run.b*b_run + k*b_k + j]
//
// where start is the bias or 0; with accumulate c itself is added last, with relu c is the larger of that and 0. A run
// is a stretch of the sum that is evenly spaced in memory: a matrix product has one, a convolution one for each filter
// row that lies inside the image.
//
// Edges    Any number of rows and any 1 <= columns <= width. rows are cut into tiles as equal as possible.
// Layout   panel: b is packed (pack.h), zero beyond `columns`, a is read along k (a_k == 1).
//          outer: a is read across rows (a_row == 1), b need not be packed, nothing beyond `columns` is read.
//          far: the same for an a and a b that are not in L2 yet, which fetches them ahead.
//          dot: both are read along k, column j of b at j*b_k, for up to max_dot_columns: registers run over k, where
//          few columns would leave most lanes of a panel idle. Sums then have as many partial sums as lanes.
// Slices   One call is one thread's work; the sum runs in the order of the runs whatever the tiling, so that neither
//          tiles nor threads change a bit of the result.
// Saved    nothing
// Aliasing c overlaps neither a nor b.
// Cost     2 * rows * columns * Σ run.k floating-point operations.
// Source   Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct GemmRun {
  int64_t a;  // in elements
  int64_t b;  // in b_run elements: rows of a panel, or elements
  int64_t k;
  // Whether the first, or the last, row of c has no part in this run: what a would be there is not read. For panel
  // only.
  bool skips_first = false;
  bool skips_last = false;
};

struct GemmTile {
  int64_t rows;
  int64_t columns;
  int units;  // of GemmKernels::unit columns across the panel, at most GemmKernels::max_units
  const float* a;
  int64_t a_row;
  int64_t a_k;
  const float* b;
  int64_t b_k;
  int64_t b_run;
  const GemmRun* runs;
  int64_t run_count;
  const float* bias;  // by column, or null
  bool accumulate;
  bool relu;
  float* c;
  int64_t c_row;
};

struct GemmKernels {
  int unit;  // columns; panels are a whole number of units wide
  int max_units;
  int register_units;  // a register holds so many
  // Registers across a panel that its columns are cheapest in, where tiles are at most `rows` high and b comes from L2.
  int (*panel_registers)(int64_t rows);
  void (*panel)(const GemmTile& tile);
  void (*outer)(const GemmTile& tile);
  void (*far)(const GemmTile& tile);
  int max_dot_columns;
  void (*dot)(const GemmTile& tile);
};

template <Isa isa>
const GemmKernels& gemm_kernels();

}  // namespace strided
