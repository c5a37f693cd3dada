#include "moments.h"

#include "../simd/vec.h"

namespace strided {
namespace {

// Registers of sums: enough to hide the latency of an addition.
constexpr int kSums = 4;

// Sums of NV registers of channels from c on; narrow ones take several pixels at a time.
template <int NV>
STRIDED_INLINE void gather_columns(const PixelRectangle& p, int64_t c, Mask mask, const float* pivot, float* sum,
                                   float* square) {
  constexpr int kPixels = kSums / NV;
  Vec k[NV], s[kPixels][NV], q[kPixels][NV];
#pragma GCC unroll 4
  for (int v = 0; v < NV; v++) {
    k[v] = load(pivot + c + v * kLanes, mask);
#pragma GCC unroll 4
    for (int u = 0; u < kPixels; u++) s[u][v] = q[u][v] = zero();
  }
  const auto take = [&](const float* x, int u) STRIDED_LAMBDA_INLINE {
#pragma GCC unroll 4
    for (int v = 0; v < NV; v++) {
      const Vec d = sub(load(x + v * kLanes, mask), k[v]);
      s[u][v] = add(s[u][v], d);
      q[u][v] = fma(d, d, q[u][v]);
    }
  };
  for (int64_t i = 0; i < p.rows; i++) {
    const float* x = p.data + i * p.row + c;
    int64_t j = 0;
    for (; j + kPixels <= p.columns; j += kPixels) {
#pragma GCC unroll 4
      for (int u = 0; u < kPixels; u++, x += p.pixel) take(x, u);
    }
    for (; j < p.columns; j++, x += p.pixel) take(x, 0);
  }
#pragma GCC unroll 4
  for (int v = 0; v < NV; v++) {
#pragma GCC unroll 4
    for (int u = 1; u < kPixels; u++) {
      s[0][v] = add(s[0][v], s[u][v]);
      q[0][v] = add(q[0][v], q[u][v]);
    }
    float* to_sum = sum + c + v * kLanes;
    float* to_square = square + c + v * kLanes;
    store(to_sum, add(load(to_sum, mask), s[0][v]), mask);
    store(to_square, add(load(to_square, mask), q[0][v]), mask);
  }
}

void gather(int64_t channels, const PixelRectangle& pixels, const float* pivot, float* sum, float* square) {
  const Mask all = first_lanes(kLanes);
  int64_t c = 0;
  for (; c + kSums * kLanes <= channels; c += kSums * kLanes) {
    gather_columns<kSums>(pixels, c, all, pivot, sum, square);
  }
  for (; c + kLanes <= channels; c += kLanes) gather_columns<1>(pixels, c, all, pivot, sum, square);
  if (c < channels) gather_columns<1>(pixels, c, first_lanes(channels - c), pivot, sum, square);
}

}  // namespace

template <>
const MomentsKernels& moments_kernels<kIsa>() {
  static constexpr MomentsKernels kernels = {gather};
  return kernels;
}

}  // namespace strided
