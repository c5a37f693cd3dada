#include "image_crop.h"

#include <algorithm>

namespace strided {
namespace {

// The row or column that stands for number i of `size`; -1 where mode constant has none.
int64_t source_of(int64_t i, int64_t size, CropMode mode) {
  if (i >= 0 && i < size) return i;
  if (mode == CropMode::constant) return -1;
  if (mode == CropMode::edge) return i < 0 ? 0 : size - 1;
  // Mirrored again and again: the pattern repeats after a round trip, which visits the ends once or twice.
  const bool reflect = mode == CropMode::reflect;
  const int64_t period = 2 * (reflect ? size - 1 : size);
  if (period == 0) return 0;
  const int64_t place = (i % period + period) % period;
  if (place < size) return place;
  return reflect ? period - place : period - 1 - place;
}

void paint(const Context& context, const ImageCropProblem& p, const int32_t* rectangle, const float* value,
           float* output_n) {
  const int64_t top = std::max<int64_t>(0, rectangle[0]);
  const int64_t left = std::max<int64_t>(0, rectangle[1]);
  const int64_t bottom = std::min<int64_t>(p.oh, rectangle[2]);
  const int64_t width = std::min<int64_t>(p.ow, rectangle[3]) - left;
  for (int64_t oh = top; oh < bottom && width > 0; oh++) {
    context.kernels->image_crop.paint(width, p.c, value, output_n + (oh * p.ow + left) * p.c);
  }
}

}  // namespace

void image_crop(const Context& context, const ImageCropProblem& p, const uint8_t* input, const int32_t* placement,
                const float* levels, const int32_t* rectangles, const float* values, float* output) {
  const int64_t row = p.ow * p.c;
  const Slices slices(p.n, std::max<int64_t>(1, kStreamSlice / std::max<int64_t>(1, p.oh * row)));
  const ThreadWorkspace<int32_t> all_columns(context, p.ow);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    int32_t* columns = all_columns.get(thread);
    for (int64_t n = slices.begin(slice); n < slices.end(slice); n++) {
      const int32_t* place = placement + 4 * n;
      for (int64_t ow = 0; ow < p.ow; ow++) {
        const int64_t x = place[1] + (place[3] != 0 ? p.ow - 1 - ow : ow);
        columns[ow] = static_cast<int32_t>(source_of(x, p.iw, p.mode));
      }
      float* output_n = output + n * p.oh * row;
      for (int64_t oh = 0; oh < p.oh; oh++) {
        const int64_t ih = source_of(place[0] + (place[2] != 0 ? p.oh - 1 - oh : oh), p.ih, p.mode);
        const uint8_t* input_n_ih = ih < 0 ? nullptr : input + (n * p.ih + ih) * p.iw * p.c;
        context.kernels->image_crop.row(p.ow, p.c, input_n_ih, columns, levels, output_n + oh * row);
      }
      for (int64_t r = 0; r < p.rectangles; r++) {
        paint(context, p, rectangles + 4 * (n * p.rectangles + r), values + r * p.c, output_n);
      }
    }
  });
}

}  // namespace strided
