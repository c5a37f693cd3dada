// Walking a [rows, width] buffer in tiles whose coefficients by column stay in registers.
#pragma once

#include "vec.h"

namespace strided {
namespace {

// Registers of a row that are walked together: four coefficients of each stay in registers, with room for the rest.
constexpr int kColumns = kRegisters / 8;
// Rows of a tile that is as wide as the buffer: so many floats are added up before they go to a double.
constexpr int64_t kBlockRows = 512;
// Rows of one of several tiles side by side: enough for adding their sums to doubles to cost little, few enough for the
// pages of memory to be read nearly in order.
constexpr int64_t kTileRows = 128;
// Floats of a row of tiles for a map, two pages: with more, lines that are written to by turns push each other out of
// L1 (at a width of 1024, 16 rows at a time took 1.5 times as long as 2).
constexpr int64_t kFlatFloats = 2048;

// Where a tile begins, its rows a width apart, and how many lanes its last register has.
struct Tile {
  int64_t at, column, rows, width, lanes;
};

// Calls body.run<registers, cut>(tile) for tiles over `columns` of `rows`; only a last single register may be cut.
template <typename Body>
STRIDED_INLINE void for_columns(int64_t at, int64_t rows, int64_t width, int64_t columns, const Body& body) {
  int64_t column = 0;
  for (; column + kColumns * kLanes <= columns; column += kColumns * kLanes) {
    body.template run<kColumns, false>({at + column, column, rows, width, kLanes});
  }
  for (; column + kLanes <= columns; column += kLanes) {
    body.template run<1, false>({at + column, column, rows, width, kLanes});
  }
  if (column < columns) body.template run<1, true>({at + column, column, rows, width, columns - column});
}

template <typename Body>
STRIDED_INLINE void for_blocks(int64_t size, int64_t width, int64_t block, const Body& body) {
  const int64_t rows = size / width;
  for (int64_t row = 0; row < rows; row += block) {
    for_columns(row * width, rows - row < block ? rows - row : block, width, width, body);
  }
  if (rows * width < size) for_columns(rows * width, 1, width, size - rows * width, body);
}

// Tall tiles, for sums by column.
template <typename Body>
STRIDED_INLINE void for_tiles(int64_t size, int64_t width, const Body& body) {
  for_blocks(size, width, width <= kColumns * kLanes ? kBlockRows : kTileRows, body);
}

// Flat tiles, for a map from one buffer to another.
template <typename Body>
STRIDED_INLINE void for_rows(int64_t size, int64_t width, const Body& body) {
  const int64_t flat = 2 * width < kFlatFloats ? kFlatFloats / width : 2;
  for_blocks(size, width, width <= kColumns * kLanes ? kBlockRows : flat, body);
  end_stream();
}

// One register of a tile, all of it unless it is cut.
template <bool kCut>
STRIDED_INLINE Vec load_part(const float* p, int64_t lanes) {
  if constexpr (kCut) return load(p, first_lanes(lanes));
  return load(p);
}

template <bool kCut>
STRIDED_INLINE void store_part(float* p, Vec v, int64_t lanes, bool streamed) {
  if constexpr (kCut) {
    store(p, v, first_lanes(lanes));
  } else if (streamed) {
    stream(p, v);
  } else {
    store(p, v);
  }
}

template <int NV, bool kCut>
STRIDED_INLINE void load_row(Vec (&to)[NV], const float* from, const Tile& tile) {
#pragma GCC unroll 4
  for (int j = 0; j < NV; j++) to[j] = load_part<kCut>(from + tile.column + j * kLanes, tile.lanes);
}

}  // namespace
}  // namespace strided
