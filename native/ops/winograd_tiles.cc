#include "winograd_tiles.h"

#include <algorithm>

namespace strided {
namespace {

const WinogradKernels* kernels_for(const WinogradTable& table, ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::winograd_2x3:
      return &table.two_by_three;
    case ConvAlgorithm::winograd_2x5:
      return &table.two_by_five;
    case ConvAlgorithm::winograd_halving:
      return table.halving;
    default:
      return &table.four_by_three;
  }
}

// Asks for `count` pixels of a row, `step` apart, to be read or written.
template <int kWrite>
void fetch_pixels(const float* line, int64_t count, int64_t step, int64_t channels) {
  const int64_t stretches = step == 1 ? 1 : count;
  const int64_t floats = step == 1 ? count * channels : channels;
  for (int64_t j = 0; j < stretches; j++) {
    for (int64_t c = 0; c < floats; c += 16) __builtin_prefetch(line + j * step * channels + c, kWrite, 2);
  }
}

}  // namespace

WinogradPhases::WinogradPhases(const KernelTable& kernels, ConvAlgorithm algorithm)
    : first_(kernels_for(kernels.winograd, algorithm)), stride_(algorithm == ConvAlgorithm::winograd_halving ? 2 : 1) {}

int64_t WinogradPhases::begin(int64_t frequency) const {
  int64_t phase = 0;
  while (!(*this)[phase].has(frequency)) phase++;
  return phase;
}

int64_t WinogradPhases::end(int64_t frequency) const {
  int64_t phase = count();
  while (!(*this)[phase - 1].has(frequency)) phase--;
  return phase;
}

void WinogradTiles::pixels(int64_t index, const WinogradPatch& patch, const float* source, const float* zeros,
                           const float** pixel) const {
  const Spot at = spot(index);
  const int64_t first_row = at.top * p_.stride - p_.ph + patch.row;
  const int64_t first_column = at.left * p_.stride - p_.pw + patch.column;
  const int64_t row_step = p_.stride * p_.dh;
  const int64_t column_step = p_.stride * p_.dw;
  const int64_t step = column_step * p_.channels;
  const bool across = first_column >= 0 && first_column + (patch.columns - 1) * column_step < p_.w;
  for (int64_t i = 0; i < patch.rows; i++, pixel += patch.columns) {
    const int64_t row = first_row + i * row_step;
    if (row < 0 || row >= p_.h) {
      std::fill_n(pixel, patch.columns, zeros);
      continue;
    }
    const float* line = source + ((at.image * p_.h + row) * p_.w + first_column) * p_.channels;
    if (across) {
      for (int64_t j = 0; j < patch.columns; j++) pixel[j] = line + j * step;
      continue;
    }
    for (int64_t j = 0; j < patch.columns; j++) {
      const int64_t column = first_column + j * column_step;
      pixel[j] = column >= 0 && column < p_.w ? line + j * step : zeros;
    }
  }
}

WinogradOutput WinogradTiles::place(int64_t index, const WinogradTarget& target) const {
  const Spot at = spot(index);
  const int64_t row = at.top * target.step + target.row;
  const int64_t column = at.left * target.step + target.column;
  const int64_t row_step = target.step * p_.dh;
  const int64_t column_step = target.step * p_.dw;
  // Whole tiles need no division to tell.
  const auto inside = [&](int64_t size, int64_t step) {
    return size >= p_.tile * step ? p_.tile : std::min(p_.tile, ceil_div(size, step));
  };
  return {target.data + ((at.image * target.h + row) * target.w + column) * target.channels,
          row_step * target.w * target.channels,
          column_step * target.channels,
          inside(target.h - row, row_step),
          inside(target.w - column, column_step),
          target.relu};
}

void WinogradTiles::fetch_sources(TileRange tiles, const float* source) const {
  for (int64_t tile = tiles.begin; tile < tiles.end; tile++) {
    const Spot at = spot(tile);
    const int64_t column = at.left * p_.stride;
    for (int64_t i = 0; i < p_.stride * p_.tile; i++) {
      const int64_t row = at.top * p_.stride + i * p_.dh;
      if (row >= p_.h) break;
      const float* line = source + ((at.image * p_.h + row) * p_.w + column) * p_.channels;
      fetch_pixels<0>(line, std::min(p_.stride * p_.tile, ceil_div(p_.w - column, p_.dw)), p_.dw, p_.channels);
    }
  }
}

void WinogradTiles::fetch_targets(TileRange tiles, const WinogradTarget& target) const {
  for (int64_t tile = tiles.begin; tile < tiles.end; tile++) {
    const WinogradOutput at = place(tile, target);
    for (int64_t y = 0; y < at.rows; y++) {
      fetch_pixels<1>(at.data + y * at.row, at.columns, target.step * p_.dw, target.channels);
    }
  }
}

}  // namespace strided
