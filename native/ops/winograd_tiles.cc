#include <algorithm>

#include "winograd.h"

namespace strided {

const WinogradKernels& winograd_for(const KernelTable& kernels, ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::winograd_4x3) return kernels.winograd.four_by_three;
  return algorithm == ConvAlgorithm::winograd_2x3 ? kernels.winograd.two_by_three : kernels.winograd.two_by_five;
}

void WinogradTiles::pixels(int64_t index, const float* source, const float* zeros, const float** pixel) const {
  const int64_t first_row = top(index) - ph;
  const int64_t first_column = left(index) - pw;
  const float* image = source + index / (rows() * columns()) * h * w * channels;
  for (int64_t i = 0; i < size; i++) {
    const int64_t row = first_row + i * dh;
    for (int64_t j = 0; j < size; j++) {
      const int64_t column = first_column + j * dw;
      const bool inside = row >= 0 && row < h && column >= 0 && column < w;
      pixel[i * size + j] = inside ? image + (row * w + column) * channels : zeros;
    }
  }
}

WinogradOutput WinogradTiles::place(int64_t index, int64_t c, float* output) const {
  const int64_t image = index / (rows() * columns());
  return {output + ((image * oh + top(index)) * ow + left(index)) * c,
          dh * ow * c,
          dw * c,
          std::min(tile, ceil_div(oh - top(index), dh)),
          std::min(tile, ceil_div(ow - left(index), dw)),
          relu};
}

}  // namespace strided
