#include "../ops/image_crop.h"

#include "../dispatch/kernel_table.h"
#include "ops.h"

namespace strided::binding {

void image_crop(Call& call) {
  const Fields f = call.problem();
  ImageCropProblem p{};
  p.n = f.integer("n");
  p.c = f.integer("c");
  p.ih = f.integer("ih", 1);
  p.iw = f.integer("iw", 1);
  p.oh = f.integer("oh");
  p.ow = f.integer("ow");
  // Columns are kept as int32.
  if (p.iw > INT32_MAX) throw ArgumentError{"iw must be below 2^31"};
  p.rectangles = f.integer("rectangles");
  p.mode = static_cast<CropMode>(f.choice("mode", {"constant", "edge", "reflect", "symmetric"}));
  const uint8_t* input = call.buffer<uint8_t>(product({p.n, p.ih, p.iw, p.c}));
  const int32_t* placement = call.buffer<int32_t>(product({p.n, 4}));
  const float* levels = call.floats(product({p.c, kImageLevels}));
  const int32_t* rectangles = call.optional_buffer<int32_t>(product({p.n, p.rectangles, 4}));
  const float* values = call.optional_floats(product({p.rectangles, p.c}));
  if (p.rectangles > 0 && (rectangles == nullptr || values == nullptr)) {
    throw ArgumentError{"rectangles and their values are missing"};
  }
  const int64_t size = product({p.n, p.oh, p.ow, p.c});
  float* output = call.floats(size);
  if (size > 0) call.run(strided::image_crop, p, input, placement, levels, rectangles, values, output);
}

}  // namespace strided::binding
