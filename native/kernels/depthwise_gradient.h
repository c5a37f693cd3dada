// The depthwise weight gradient over rows of all images: which sums stay in registers.
#pragma once

#include "depthwise_gradient_strips.h"
#include "depthwise_gradient_wide.h"

namespace strided {
namespace {

// Adds an output row's share of one tap.
void weight_any(const DepthwiseShape& s, int64_t oh, int64_t h, int64_t w, int64_t begin, int64_t end,
                const float* image, const float* grad_output, float* grad_weight) {
  const int64_t ih = oh * s.sh - s.ph + h * s.dh;
  if (!inside(ih, s.ih)) return;
  const int64_t left = w * s.dw - s.pw;
  const Range ow = outputs_inside(left, s.sw, s.ow, s.iw);
  for (int64_t c = begin; c < end; c += kLanes) {
    const Mask mask = lanes_from(c, end);
    const float* x = image + (ih * s.iw + left) * s.c + c;
    float* target = grad_weight + (h * s.kw + w) * s.c + c;
    Vec acc = load(target, mask);
    for (int64_t o = ow.begin; o < ow.end; o++) {
      acc = fma(load(x + o * s.sw * s.c, mask), load(grad_output + o * s.c + c, mask), acc);
    }
    store(target, acc, mask);
  }
}

struct WeightBody {
  const DepthwiseShape& s;
  int64_t row_begin, row_end;
  int64_t begin, end;  // channels
  const float* input;
  const float* grad_output;
  float* grad_weight;

  const float* image(int64_t row) const { return input + row / s.oh * s.ih * s.iw * s.c; }

  template <int K, int S>
  void run() const {
    if constexpr (K == 3) {
      if (s.kh != 3 || s.sh != S || s.dh != 1) return any();
      walk<S>();
    } else {
      wide<K, S>();
    }
  }

  template <int S>
  void walk() const {
    for (int64_t row = row_begin; row < row_end;) {
      const int64_t oh = row % s.oh;
      const int64_t left = s.oh - oh < row_end - row ? s.oh - oh : row_end - row;
      int64_t images = s.oh * s.ow <= kSmallImage && left == s.oh ? (row_end - row) / s.oh : 1;
      if (images > kJoined) images = kJoined;
      strips<S>(s, oh, oh + left, images, begin, end, image(row), grad_output + (row - oh) * s.ow * s.c, grad_weight);
      row += left * images;
    }
  }

  template <int K, int S>
  void wide() const {
    for (int64_t row = row_begin; row < row_end;) {
      const int64_t oh = row % s.oh;
      const int64_t top = oh * s.sh - s.ph;
      const WideBand band{s, top, image(row) + top * s.iw * s.c, grad_output + row * s.ow * s.c, grad_weight};
      if constexpr (S == 1 && kBand<K> == 2) {
        if (s.sh == 1 && s.dh == 1 && oh + 1 < s.oh && row + 1 < row_end) {
          wide_band<K, S, 2>(band, begin, end);
          row += 2;
          continue;
        }
      }
      wide_band<K, S, 1>(band, begin, end);
      row++;
    }
  }

  void any() const {
    for (int64_t row = row_begin; row < row_end; row++) {
      for (int64_t tap = 0; tap < s.kh * s.kw; tap++) {
        weight_any(s, row % s.oh, tap / s.kw, tap % s.kw, begin, end, image(row), grad_output + row * s.ow * s.c,
                   grad_weight);
      }
    }
  }
};

}  // namespace
}  // namespace strided
