#include <algorithm>

#include "winograd.h"

namespace strided {

const WinogradKernels& winograd_for(const KernelTable& kernels, ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::winograd_4x3) return kernels.winograd.four_by_three;
  return algorithm == ConvAlgorithm::winograd_2x3 ? kernels.winograd.two_by_three : kernels.winograd.two_by_five;
}

void WinogradTiles::pixels(int64_t index, const float* source, const float* zeros, const float** pixel) const {
  const Spot at = spot(index);
  const int64_t first_column = at.left - p_.pw;
  const int64_t step = p_.dw * p_.channels;
  const bool across = first_column >= 0 && first_column + (p_.size - 1) * p_.dw < p_.w;
  for (int64_t i = 0; i < p_.size; i++, pixel += p_.size) {
    const int64_t row = at.top - p_.ph + i * p_.dh;
    if (row < 0 || row >= p_.h) {
      std::fill_n(pixel, p_.size, zeros);
      continue;
    }
    const float* line = source + (at.image * p_.h + row) * p_.w * p_.channels;
    for (int64_t j = 0; j < p_.size; j++) {
      const int64_t column = first_column + j * p_.dw;
      const bool inside = across || (column >= 0 && column < p_.w);
      pixel[j] = inside ? line + first_column * p_.channels + j * step : zeros;
    }
  }
}

WinogradOutput WinogradTiles::place(int64_t index, int64_t c, float* output) const {
  const Spot at = spot(index);
  // Whole tiles need no division to tell.
  const auto inside = [&](int64_t begin, int64_t end, int64_t dilation) {
    return end - begin >= p_.tile * dilation ? p_.tile : ceil_div(end - begin, dilation);
  };
  return {output + ((at.image * p_.oh + at.top) * p_.ow + at.left) * c,
          p_.dh * p_.ow * c,
          p_.dw * c,
          std::min(p_.tile, inside(at.top, p_.oh, p_.dh)),
          std::min(p_.tile, inside(at.left, p_.ow, p_.dw)),
          p_.relu};
}

}  // namespace strided
