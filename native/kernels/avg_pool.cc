#include "avg_pool.h"

#include "../simd/lanes.h"
#include "pool_scatter.h"

namespace strided {
namespace {

// A block of pixels: how many along each dimension, and how far apart in memory.
struct Block {
  int64_t d, h, w;
  int64_t d_stride, h_stride, w_stride;
};

// Sums of kVectors registers of channels over a block, one row after the other, times `scale`. kSide is the number of
// pixels in either direction, 0 for any; when it is known the loops over them vanish.
template <int kVectors, int kSide, typename Lanes>
STRIDED_INLINE void sum_channels(const Block& b, const float* input, float scale, Lanes lanes, float* output) {
  const int64_t depth = kSide > 0 ? 1 : b.d, height = kSide > 0 ? kSide : b.h, width = kSide > 0 ? kSide : b.w;
  Vec total[kVectors];
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) total[u] = zero();
  for (int64_t d = 0; d < depth; d++) {
    for (int64_t h = 0; h < height; h++) {
      const float* row = input + d * b.d_stride + h * b.h_stride;
      // Two sums, or the additions of a long row would wait for each other.
      Vec even[kVectors], odd[kVectors];
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) even[u] = odd[u] = zero();
      int64_t w = 0;
      for (; w + 2 <= width; w += 2) {
#pragma GCC unroll 4
        for (int u = 0; u < kVectors; u++) {
          even[u] = add(even[u], lanes.load(row + w * b.w_stride + u * kLanes));
          odd[u] = add(odd[u], lanes.load(row + (w + 1) * b.w_stride + u * kLanes));
        }
      }
#pragma GCC unroll 4
      for (int u = 0; u < kVectors; u++) {
        if (w < width) even[u] = add(even[u], lanes.load(row + w * b.w_stride + u * kLanes));
        total[u] = add(total[u], add(even[u], odd[u]));
      }
    }
  }
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) lanes.store(output + u * kLanes, mul(total[u], set1(scale)));
}

template <int kSide>
STRIDED_INLINE void sum_window(const Block& b, const PoolSlice& slice, const float* input, float scale, float* output) {
  for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    sum_channels<decltype(registers)::value, kSide>(b, input + c, scale, lanes, output + c);
  });
}

// 1 / divisor of a window. Neighbours mostly have the same, so that one division serves many.
struct Reciprocal {
  int64_t counted = 0;
  float value = 0;

  STRIDED_INLINE float of(int64_t count) {
    if (count != counted) {
      counted = count;
      value = count > 0 ? 1.0f / static_cast<float>(count) : 0.0f;
    }
    return value;
  }
};

void forward(const PoolShape& s, const PoolSlice& slice, float scale, const float* input, float* output) {
  const int64_t row_size = s.w.in * s.c;
  Block block{0, 0, 0, s.h.in * row_size, row_size, s.c};
  Reciprocal reciprocal;
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const Window& d = s.d.windows[row / s.h.out % s.d.out];
    const Window& h = s.h.windows[row % s.h.out];
    const int64_t image = row / (s.h.out * s.d.out) * s.d.in;
    const float* input_ih = input + ((image + d.start + d.begin) * s.h.in + h.start + h.begin) * row_size;
    float* out = output + row * s.w.out * s.c;
    block.d = d.end - d.begin;
    block.h = h.end - h.begin;
    auto windows = [&](auto side, int64_t begin, int64_t end) STRIDED_LAMBDA_INLINE {
      for (int64_t ow = begin; ow < end; ow++) {
        const Window& w = s.w.windows[ow];
        block.w = w.end - w.begin;
        const float factor = scale != 0 ? scale : reciprocal.of(int64_t{d.counted} * h.counted * w.counted);
        const float* first = input_ih + (w.start + w.begin) * s.c;
        sum_window<decltype(side)::value>(block, slice, first, factor, out + ow * s.c);
      }
    };
    const bool plane = block.d == 1 && s.w.whole_begin < s.w.whole_end;
    windows(Constant<0>{}, 0, s.w.whole_begin);
    if (plane && block.h == 2 && s.w.taps == 2) {
      windows(Constant<2>{}, s.w.whole_begin, s.w.whole_end);
    } else if (plane && block.h == 3 && s.w.taps == 3) {
      windows(Constant<3>{}, s.w.whole_begin, s.w.whole_end);
    } else {
      windows(Constant<0>{}, s.w.whole_begin, s.w.whole_end);
    }
    windows(Constant<0>{}, s.w.whole_end, s.w.out);
  }
}

// What a window gives to its taps: the same part to each.
struct EqualGradient {
  const PoolShape& s;
  float scale;
  Reciprocal reciprocal;
  int64_t counted;
  float factor;

  STRIDED_INLINE void start_row(const Meeting& m) {
    counted = int64_t{s.d.windows[m.d].counted} * s.h.windows[m.h].counted;
  }
  STRIDED_INLINE void start_window(const Window& w) {
    factor = scale != 0 ? scale : reciprocal.of(counted * w.counted);
  }

  template <typename Lanes>
  STRIDED_INLINE Vec load(const float* grad_output, Lanes lanes) const {
    return mul(lanes.load(grad_output), set1(factor));
  }
  template <typename Lanes>
  STRIDED_INLINE Vec at(Vec grad, int64_t, int64_t, Lanes) const {
    return grad;
  }
};

void backward(const PoolShape& s, const PoolSlice& slice, float scale, const float* grad_output, float* grad_input) {
  scatter_rows(s, slice, EqualGradient{s, scale, {}, 0, 0}, grad_output, grad_input);
}

}  // namespace

template <>
const AvgPoolKernels& avg_pool_kernels<kIsa>() {
  static constexpr AvgPoolKernels kernels = {forward, backward};
  return kernels;
}

}  // namespace strided
