#include "max_pool2d.h"

#include "../simd/windows.h"

namespace strided {
namespace {

template <bool kArgmax>
void forward_rows(const MaxPool2dShape& s, int64_t row_begin, int64_t row_end, const float* input, float* output,
                  int32_t* argmax) {
  for (int64_t row = row_begin; row < row_end; row++) {
    const float* input_n = input + row / s.oh * s.ih * s.iw * s.c;
    const int64_t top = row % s.oh * s.sh - s.ph;
    const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
    for (int64_t ow = 0; ow < s.ow; ow++) {
      const int64_t left = ow * s.sw - s.pw;
      const Range kw = taps_inside(left, s.dw, s.kw, s.iw);
      const int64_t out = (row * s.ow + ow) * s.c;
      for (int64_t c = 0; c < s.c; c += kLanes) {
        const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
        Vec best = set1(-__builtin_inff());
        VecInt winner = set1_int(-1);
        for (int64_t h = kh.begin; h < kh.end; h++) {
          const int64_t ih_iw = (top + h * s.dh) * s.iw + left;
          for (int64_t w = kw.begin; w < kw.end; w++) {
            const int64_t position = ih_iw + w * s.dw;
            const Vec x = load(input_n + position * s.c + c, mask);
            if constexpr (kArgmax) {
              Mask better = mask_or(greater(x, best), is_nan(x));
              // The first tap wins even as -inf: its window holds more than padding.
              better = mask_or(better, equal_int(winner, set1_int(-1)));
              winner = select_int(better, set1_int(static_cast<int32_t>(position)), winner);
              best = select(better, x, best);
            } else {
              // max(a, b) is b when either is NaN: a NaN met stays only if it stands second.
              best = select(is_nan(best), best, max(best, x));
            }
          }
        }
        store(output + out + c, best, mask);
        if constexpr (kArgmax) store_int(argmax + out + c, winner, mask);
      }
    }
  }
}

void forward(const MaxPool2dShape& s, int64_t row_begin, int64_t row_end, const float* input, float* output,
             int32_t* argmax) {
  if (argmax != nullptr) {
    forward_rows<true>(s, row_begin, row_end, input, output, argmax);
  } else {
    forward_rows<false>(s, row_begin, row_end, input, output, nullptr);
  }
}

// Gathers for each input pixel from the windows over it, so that slices never write the same element. With a dilation
// some of these windows pass over the pixel without a tap on it; argmax then names another position.
void backward(const MaxPool2dShape& s, int64_t row_begin, int64_t row_end, const float* grad_output,
              const int32_t* argmax, float* grad_input) {
  for (int64_t row = row_begin; row < row_end; row++) {
    const int64_t ih = row % s.ih;
    const int64_t window_n = row / s.ih * s.oh * s.ow;
    const Range oh = windows_over(ih, s.ph, s.sh, (s.kh - 1) * s.dh, s.oh);
    for (int64_t iw = 0; iw < s.iw; iw++) {
      const Range ow = windows_over(iw, s.pw, s.sw, (s.kw - 1) * s.dw, s.ow);
      const VecInt position = set1_int(static_cast<int32_t>(ih * s.iw + iw));
      float* grad_input_iw = grad_input + (row * s.iw + iw) * s.c;
      for (int64_t c = 0; c < s.c; c += kLanes) {
        const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
        Vec sum = zero();
        for (int64_t h = oh.begin; h < oh.end; h++) {
          for (int64_t w = ow.begin; w < ow.end; w++) {
            const int64_t out = (window_n + h * s.ow + w) * s.c + c;
            const Mask won = equal_int(load_int(argmax + out, mask), position);
            sum = add(sum, select(won, load(grad_output + out, mask), zero()));
          }
        }
        store(grad_input_iw + c, sum, mask);
      }
    }
  }
}

}  // namespace

template <>
const MaxPool2dKernels& max_pool2d_kernels<kIsa>() {
  static constexpr MaxPool2dKernels kernels = {forward, backward};
  return kernels;
}

}  // namespace strided
