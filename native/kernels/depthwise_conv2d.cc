#include "depthwise_conv2d.h"

#include "depthwise_gradient.h"
#include "depthwise_input.h"
#include "depthwise_input_strips.h"
#include "depthwise_strips.h"
#include "depthwise_tiles.h"

namespace strided {
namespace {

// One output with any kernel and dilation; `input` is its image.
void forward_any(const DepthwiseShape& s, int64_t oh, int64_t ow, const float* input, const float* weight,
                 const float* bias, float* output) {
  const int64_t top = oh * s.sh - s.ph;
  const int64_t left = ow * s.sw - s.pw;
  const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
  const Range kw = taps_inside(left, s.dw, s.kw, s.iw);
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc = bias == nullptr ? zero() : load(bias + c, mask);
    for (int64_t h = kh.begin; h < kh.end; h++) {
      const float* x = input + ((top + h * s.dh) * s.iw + left) * s.c + c;
      const float* tap = weight + h * s.kw * s.c + c;
      for (int64_t w = kw.begin; w < kw.end; w++) {
        acc = fma(load(x + w * s.dw * s.c, mask), load(tap + w * s.c, mask), acc);
      }
    }
    store(output + c, s.relu ? max(zero(), acc) : acc, mask);
  }
}

struct ForwardBody {
  const DepthwiseShape& s;
  int64_t row_begin, row_end;
  const float* input;
  const float* weight;
  const float* bias;
  float* output;

  template <int K, int S>
  void run() const {
    if constexpr (kRegisters == 32 && K == 3) {
      if (takes_strips<K, S>(s)) return strips<S>();
    }
    for (int64_t row = row_begin; row < row_end;) {
      const int64_t oh = row % s.oh;
      const int64_t left = s.oh - oh < row_end - row ? s.oh - oh : row_end - row;
      const int rows = band_rows<K, S>(s, left);
      const int64_t top = oh * s.sh - s.ph;
      const float* image = input + row / s.oh * s.ih * s.iw * s.c;
      const ForwardBand band{s,
                             top,
                             image + top * s.iw * s.c,
                             weight,
                             bias,
                             taps_inside(top, s.dh, s.kh, s.ih),
                             output + row * s.ow * s.c,
                             image + next_row<K, S>(s, top, rows) * s.iw * s.c,
                             row + rows < row_end};
      if constexpr (kBand < K >> 1 && K == 3) {
        if (rows == kSmallBand) forward_band<K, S, kSmallBand, kSmallTile>(band);
      }
      if constexpr (kBand < K >> 1) {
        if (rows == kBand<K>) forward_band<K, S, kBand<K>, kTile>(band);
      }
      if (rows == 1) forward_band<K, S, 1, kTile>(band);
      row += rows;
    }
  }

  // Whole images together where they are small, others one by one.
  template <int S>
  void strips() const {
    const int64_t most = s.oh * s.ow <= kSmallOutput ? kSharing : 1;
    for (int64_t row = row_begin; row < row_end;) {
      const int64_t begin = row % s.oh;
      const int64_t left = row_end - row;
      const int64_t end = begin + left < s.oh ? begin + left : s.oh;
      const int64_t whole = begin == 0 && left >= s.oh ? left / s.oh : 1;
      const int64_t images = whole < most ? whole : most;
      forward_strips<S>(s, begin, end, images, input + row / s.oh * s.ih * s.iw * s.c, weight, bias,
                        output + row / s.oh * s.oh * s.ow * s.c);
      row += (images - 1) * s.oh + end - begin;
    }
  }

  void any() const {
    for (int64_t row = row_begin; row < row_end; row++) {
      const float* image = input + row / s.oh * s.ih * s.iw * s.c;
      for (int64_t ow = 0; ow < s.ow; ow++) {
        forward_any(s, row % s.oh, ow, image, weight, bias, output + (row * s.ow + ow) * s.c);
      }
    }
  }
};

void forward(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* input, const float* weight,
             const float* bias, float* output) {
  for_kernel(s, ForwardBody{s, row_begin, row_end, input, weight, bias, output});
}

// Gathers for one input pixel of an image from the outputs whose taps read it.
void input_any(const DepthwiseShape& s, int64_t ih, int64_t iw, const float* grad_output, const float* weight,
               float* grad_input) {
  const Range oh = windows_over(ih, s.ph, s.sh, (s.kh - 1) * s.dh, s.oh);
  const Range ow = windows_over(iw, s.pw, s.sw, (s.kw - 1) * s.dw, s.ow);
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc = zero();
    for (int64_t o = oh.begin; o < oh.end; o++) {
      const int64_t h = ih + s.ph - o * s.sh;
      if (s.dh != 1 && h % s.dh != 0) continue;
      for (int64_t q = ow.begin; q < ow.end; q++) {
        const int64_t w = iw + s.pw - q * s.sw;
        if (s.dw != 1 && w % s.dw != 0) continue;
        const float* tap = weight + (h / s.dh * s.kw + w / s.dw) * s.c + c;
        acc = fma(load(grad_output + (o * s.ow + q) * s.c + c, mask), load(tap, mask), acc);
      }
    }
    store(grad_input + c, acc, mask);
  }
}

struct InputBody {
  const DepthwiseShape& s;
  int64_t row_begin, row_end;
  const float* grad_output;
  const float* weight;
  float* grad_input;

  // Bands of two rows, the first of which may lie above the slice and the last below it.
  template <int K, int S>
  void run() const {
    if constexpr (S == 2) {
      if (s.sh != 2 || s.dh != 1) return any();
      if constexpr (kRegisters == 32 && K == 3) {
        if (s.kh == 3 && s.ih * s.iw * s.c <= kStripImage) return strips();
      }
      for (int64_t row = row_begin; row < row_end;) {
        const int64_t ih = row % s.ih;
        const int64_t n = row / s.ih;
        const int64_t a = (ih + s.ph) / 2;
        const int64_t top = 2 * a - s.ph;
        const int64_t first = n * s.ih + top;
        const InputBand band{s,
                             grad_output + n * s.oh * s.ow * s.c,
                             weight,
                             a,
                             grad_input + first * s.iw * s.c,
                             {first >= row_begin && top >= 0, first + 1 < row_end && top + 1 < s.ih},
                             first + 2 < row_end};
        input_band<K>(band);
        row = top + 2 < s.ih ? first + 2 : (n + 1) * s.ih;
      }
    } else {
      any();
    }
  }

  void strips() const {
    for (int64_t row = row_begin; row < row_end;) {
      const int64_t begin = row % s.ih;
      const int64_t end = row_end - row < s.ih - begin ? begin + row_end - row : s.ih;
      input_strips(s, begin, end, grad_output + row / s.ih * s.oh * s.ow * s.c, weight,
                   grad_input + row / s.ih * s.ih * s.iw * s.c);
      row += end - begin;
    }
  }

  void any() const {
    for (int64_t row = row_begin; row < row_end; row++) {
      const float* image = grad_output + row / s.ih * s.oh * s.ow * s.c;
      for (int64_t iw = 0; iw < s.iw; iw++) {
        input_any(s, row % s.ih, iw, image, weight, grad_input + (row * s.iw + iw) * s.c);
      }
    }
  }
};

void input_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* grad_output,
                    const float* weight, float* grad_input) {
  for_kernel(s, InputBody{s, row_begin, row_end, grad_output, weight, grad_input});
}

void weight_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                     const float* input, const float* grad_output, float* grad_weight) {
  for_kernel(s, WeightBody{s, row_begin, row_end, begin, end, input, grad_output, grad_weight});
}

}  // namespace

template <>
const DepthwiseKernels& depthwise_kernels<kIsa>() {
  static constexpr DepthwiseKernels kernels = {forward, input_gradient, weight_gradient};
  return kernels;
}

}  // namespace strided
