#include "gemm.h"

#include "../simd/vec.h"

namespace strided {
namespace {

// Tiles are 6x4 registers on AVX-512 and 4x3 on AVX2; narrower panels take more rows. 14 rows of two registers was
// the tallest tile that measured no slower than the others.
constexpr int kMaxVectors = kRegisters == 32 ? 4 : 3;
constexpr int kMaxRows = 14;

// Rows whose accumulators leave a register for each vector of b and one for a.
constexpr int max_rows(int vectors) {
  const int rows = (kRegisters - 1 - vectors) / vectors;
  return rows < kMaxRows ? rows : kMaxRows;
}

enum class Order { panel, outer };

template <int NR>
STRIDED_INLINE void load_columns(const float* p, Mask last, Vec (&v)[NR]) {
#pragma GCC unroll 4
  for (int j = 0; j < NR - 1; j++) v[j] = load(p + j * kLanes);
  v[NR - 1] = load(p + (NR - 1) * kLanes, last);
}

template <int MR, int NR, Order order>
void tile(const GemmTile& t, int64_t row) {
  const Mask last = first_lanes(t.columns - (NR - 1) * kLanes);
  float* const c = t.c + row * t.c_row;
  Vec acc[MR][NR];
  if (t.accumulate) {
#pragma GCC unroll 16
    for (int m = 0; m < MR; m++) load_columns(c + m * t.c_row, last, acc[m]);
  } else {
    Vec start[NR];
#pragma GCC unroll 4
    for (int j = 0; j < NR; j++) start[j] = zero();
    if (t.bias != nullptr) load_columns(t.bias, last, start);
#pragma GCC unroll 16
    for (int m = 0; m < MR; m++) {
#pragma GCC unroll 4
      for (int j = 0; j < NR; j++) acc[m][j] = start[j];
    }
  }
  const int64_t a_row = order == Order::panel ? t.a_row : 1;
  const int64_t a_k = order == Order::panel ? 1 : t.a_k;
  const int64_t b_k = t.b_k;
  for (int64_t r = 0; r < t.run_count; r++) {
    const GemmRun& run = t.runs[r];
    const float* STRIDED_RESTRICT a = t.a + row * a_row + run.a;
    const float* STRIDED_RESTRICT b = t.b + run.b;
    for (int64_t k = run.k; k > 0; k--) {
      Vec bv[NR];
      if constexpr (order == Order::panel) {
#pragma GCC unroll 4
        for (int j = 0; j < NR; j++) bv[j] = load(b + j * kLanes);
      } else {
        load_columns(b, last, bv);
      }
#pragma GCC unroll 16
      for (int m = 0; m < MR; m++) {
        const Vec av = set1(a[m * a_row]);
#pragma GCC unroll 4
        for (int j = 0; j < NR; j++) acc[m][j] = fma(av, bv[j], acc[m][j]);
      }
      a += a_k;
      b += b_k;
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < MR; m++) {
#pragma GCC unroll 4
    for (int j = 0; j < NR - 1; j++) store(c + m * t.c_row + j * kLanes, acc[m][j]);
    store(c + m * t.c_row + (NR - 1) * kLanes, acc[m][NR - 1], last);
  }
}

// Calls the tile with as many rows as asked for: one instance for each height.
template <int MR, int NR, Order order>
STRIDED_INLINE void tile_of(int64_t rows, const GemmTile& t, int64_t row) {
  if constexpr (MR > 1) {
    if (rows < MR) return tile_of<MR - 1, NR, order>(rows, t, row);
  }
  tile<MR, NR, order>(t, row);
}

// Cuts the rows into equal tiles, 11 + 11 + 10 rather than 14 + 14 + 4: a low tile wastes what b's loads cost.
template <int NR, Order order>
void rows_of(const GemmTile& t) {
  constexpr int kRows = max_rows(NR);
  const int64_t tiles = (t.rows + kRows - 1) / kRows;
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t begin = i * t.rows / tiles;
    const int64_t end = (i + 1) * t.rows / tiles;
    tile_of<kRows, NR, order>(end - begin, t, begin);
  }
}

template <int NR, Order order>
void vectors_of(const GemmTile& t) {
  if constexpr (NR > 1) {
    if (t.vectors < NR) return vectors_of<NR - 1, order>(t);
  }
  rows_of<NR, order>(t);
}

}  // namespace

template <>
const GemmKernels& gemm_kernels<kIsa>() {
  static constexpr GemmKernels kernels = {
      kLanes,
      kMaxVectors,
      vectors_of<kMaxVectors, Order::panel>,
      vectors_of<kMaxVectors, Order::outer>,
  };
  return kernels;
}

}  // namespace strided
