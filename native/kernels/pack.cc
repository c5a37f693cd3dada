#include "pack.h"

#include "../simd/vec.h"

namespace strided {
namespace {

void rows(int64_t depth, int64_t columns, int64_t width, const float* b, int64_t stride, float* panel) {
  for (int64_t j = 0; j < width; j += kLanes) {
    const int64_t room = width - j < kLanes ? width - j : kLanes;
    const int64_t block = columns - j < room ? (columns > j ? columns - j : 0) : room;
    const Mask some = first_lanes(block);
    const Mask fits = first_lanes(room);
    for (int64_t k = 0; k < depth; k++) store(panel + k * width + j, load(b + k * stride + j, some), fits);
  }
}

// Blocks of kLanes x kLanes are transposed in registers; what sticks out is copied element by element.
void transposed(int64_t depth, int64_t columns, int64_t width, const float* b, int64_t stride, float* panel) {
  const int64_t whole_depth = depth / kLanes * kLanes;
  for (int64_t j = 0; j < width; j += kLanes) {
    const int64_t room = width - j < kLanes ? width - j : kLanes;
    const int64_t block = columns - j < room ? (columns > j ? columns - j : 0) : room;
    int64_t k = 0;
    if (block == kLanes) {
      for (; k < whole_depth; k += kLanes) transpose_block(b + j * stride + k, stride, panel + k * width + j, width);
    }
    for (; k < depth; k++) {
      float* to = panel + k * width + j;
      for (int64_t i = 0; i < block; i++) to[i] = b[(j + i) * stride + k];
      for (int64_t i = block; i < room; i++) to[i] = 0.0f;
    }
  }
}

}  // namespace

template <>
const PackKernels& pack_kernels<kIsa>() {
  static constexpr PackKernels kernels = {rows, transposed};
  return kernels;
}

}  // namespace strided
