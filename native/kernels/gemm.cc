#include "gemm.h"

#include "../simd/vec.h"
#include "gemm_dot.h"
#include "gemm_row.h"

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

enum class Order { panel, outer, far };

// Steps of a sum that far products are fetched ahead, into L2.
constexpr int64_t kAhead = 32;

// Adds one run to rows [kFirst, kLast) of a tile. Where rows of a panel's a lie side by side, those of the next tile
// are fetched on the way, a step's share with each step: a short sum would wait for memory at its every line.
template <int MR, int NR, typename Last, Order order, int kFirst, int kLast>
STRIDED_INLINE void add_run(const GemmTile& t, const GemmRun& run, int64_t row, typename Last::M mask,
                            Row<NR, Last> (&acc)[MR]) {
  const int64_t a_row = order == Order::panel ? t.a_row : 1;
  const int64_t a_k = order == Order::panel ? 1 : t.a_k;
  const int64_t b_k = t.b_k;
  const float* STRIDED_RESTRICT a = t.a + row * a_row + run.a;
  const float* STRIDED_RESTRICT b = t.b + run.b * t.b_run;
  const bool side_by_side = a_row <= run.k;
  const float* ahead = side_by_side ? a + MR * a_row : a;
  const int64_t share = side_by_side ? MR : 0;
  for (int64_t k = run.k; k > 0; k--) {
    Row<NR, Last> b_row;
    if constexpr (order == Order::panel) {
      if constexpr (NR > 1) __builtin_prefetch(ahead);
      ahead += share;
      b_row.load(b);
    } else {
      b_row.load(b, mask);
    }
    if constexpr (order == Order::far) {
      __builtin_prefetch(a + kAhead * a_k, 0, 2);
#pragma GCC unroll 4
      for (int j = 0; j < NR; j++) __builtin_prefetch(b + kAhead * b_k + j * kLanes, 0, 2);
    }
#pragma GCC unroll 16
    for (int m = kFirst; m < kLast; m++) acc[m].add_product(a[m * a_row], b_row);
    a += a_k;
    b += b_k;
  }
}

template <int MR, int NR, typename Last, Order order>
void tile(const GemmTile& t, int64_t row) {
  const auto mask = Last::first_lanes(t.columns - (NR - 1) * kLanes);
  float* const c = t.c + row * t.c_row;
  // Asked for now, so that it is there when the sum is done.
  for (int m = 0; m < MR; m++) {
    for (int j = 0; j < NR; j++) __builtin_prefetch(c + m * t.c_row + j * kLanes, 1);
  }
  Row<NR, Last> acc[MR];
  if (t.bias != nullptr && !t.accumulate) {
#pragma GCC unroll 16
    for (int m = 0; m < MR; m++) acc[m].load(t.bias, mask);
  } else {
#pragma GCC unroll 16
    for (int m = 0; m < MR; m++) acc[m].clear();
  }
  for (int64_t r = 0; r < t.run_count; r++) {
    const GemmRun& run = t.runs[r];
    // Padding beside an image is skipped, not multiplied. A tile is never both first and last where that would matter:
    // its one row would have nothing to add.
    if (order == Order::panel && run.skips_first && row == 0) {
      if (run.skips_last && row + MR == t.rows) {
        if constexpr (MR > 2) add_run<MR, NR, Last, order, 1, MR - 1>(t, run, row, mask, acc);
      } else if constexpr (MR > 1) {
        add_run<MR, NR, Last, order, 1, MR>(t, run, row, mask, acc);
      }
    } else if (order == Order::panel && run.skips_last && row + MR == t.rows) {
      if constexpr (MR > 1) add_run<MR, NR, Last, order, 0, MR - 1>(t, run, row, mask, acc);
    } else {
      add_run<MR, NR, Last, order, 0, MR>(t, run, row, mask, acc);
    }
  }
  if (t.accumulate) {
    // Added last, so that this call's share is rounded by its own size and not by that of the whole sum.
#pragma GCC unroll 16
    for (int m = 0; m < MR; m++) acc[m].add(c + m * t.c_row, mask);
  }
#pragma GCC unroll 16
  for (int m = 0; m < MR; m++) {
    if (t.relu) acc[m].rectify();
    acc[m].store(c + m * t.c_row, mask);
  }
}

// Calls the tile with as many rows as asked for: one instance for each height.
template <int MR, int NR, typename Last, Order order>
STRIDED_INLINE void tile_of(int64_t rows, const GemmTile& t, int64_t row) {
  if constexpr (MR > 1) {
    if (rows < MR) return tile_of<MR - 1, NR, Last, order>(rows, t, row);
  }
  tile<MR, NR, Last, order>(t, row);
}

// Cuts the rows into equal tiles, 11 + 11 + 10 rather than 14 + 14 + 4: a low tile wastes what b's loads cost.
template <int NR, typename Last, Order order>
void rows_of(const GemmTile& t) {
  constexpr int kRows = max_rows(NR);
  const int64_t tiles = (t.rows + kRows - 1) / kRows;
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t begin = i * t.rows / tiles;
    const int64_t end = (i + 1) * t.rows / tiles;
    tile_of<kRows, NR, Last, order>(end - begin, t, begin);
  }
}

// Each tile of a panel reads all of b again, at twice the price of a multiplication for a register from L2; each row
// reads a once for all registers across. 8 rows are better off in one tile of 3 registers than in two of 4.
template <int NR>
int cheaper_registers(int64_t rows, double least, int best) {
  const double tiles = static_cast<double>((rows + max_rows(NR) - 1) / max_rows(NR));
  const double cost = 2 * tiles + 0.75 * static_cast<double>(rows) / NR;
  // A near tie goes to the wider panel, which has fewer ends.
  if (best == 0 || cost < 0.8 * least) best = NR, least = cost;
  if constexpr (NR > 2) return cheaper_registers<NR - 1>(rows, least, best);
  return best;
}

int panel_registers(int64_t rows) { return cheaper_registers<kMaxVectors>(rows, 0, 0); }

constexpr int kRegisterUnits = kLanes / Half::kLanes;

template <int NR, Order order>
void width_of(const GemmTile& t) {
  if constexpr (NR > 1) {
    if (t.units <= (NR - 1) * kRegisterUnits) return width_of<NR - 1, order>(t);
  }
  if constexpr (kRegisterUnits > 1) {
    if (t.units < NR * kRegisterUnits) return rows_of<NR, Half, order>(t);
  }
  rows_of<NR, Full, order>(t);
}

}  // namespace

template <>
const GemmKernels& gemm_kernels<kIsa>() {
  static constexpr GemmKernels kernels = {
      Half::kLanes,
      kMaxVectors * kRegisterUnits,
      kRegisterUnits,
      panel_registers,
      width_of<kMaxVectors, Order::panel>,
      width_of<kMaxVectors, Order::outer>,
      width_of<kMaxVectors, Order::far>,
      kDotColumns,
      dot_of < kDotColumns < 1 ? 1 : kDotColumns >,
  };
  return kernels;
}

}  // namespace strided
