#include "image_crop.h"

namespace strided {
namespace {

// The number of channels is known to the compiler where it is kChannels > 0.
template <int kChannels>
void row_of(int64_t width, int64_t channels, const uint8_t* input, const int32_t* columns, const float* levels,
            float* output) {
  const int64_t count = kChannels > 0 ? kChannels : channels;
  for (int64_t x = 0; x < width; x++) {
    const int64_t column = input == nullptr ? -1 : columns[x];
    for (int64_t c = 0; c < count; c++) {
      const int64_t level = column < 0 ? kImageLevels - 1 : input[column * count + c];
      output[x * count + c] = levels[c * kImageLevels + level];
    }
  }
}

void row(int64_t width, int64_t c, const uint8_t* input, const int32_t* columns, const float* levels, float* output) {
  if (c == 1) {
    row_of<1>(width, c, input, columns, levels, output);
  } else if (c == 3) {
    row_of<3>(width, c, input, columns, levels, output);
  } else {
    row_of<0>(width, c, input, columns, levels, output);
  }
}

void paint(int64_t width, int64_t c, const float* value, float* output) {
  for (int64_t x = 0; x < width; x++) {
    for (int64_t i = 0; i < c; i++) output[x * c + i] = value[i];
  }
}

}  // namespace

template <>
const ImageCropKernels& image_crop_kernels<kIsa>() {
  static constexpr ImageCropKernels kernels = {row, paint};
  return kernels;
}

}  // namespace strided
