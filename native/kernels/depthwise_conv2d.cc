#include "depthwise_conv2d.h"

#include "../simd/vec.h"

namespace strided {
namespace {

struct Range {
  int64_t begin, end;
};

STRIDED_INLINE int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// The k for which 0 <= start + k*dilation < size.
STRIDED_INLINE Range taps_inside(int64_t start, int64_t dilation, int64_t kernel_size, int64_t size) {
  Range taps{0, kernel_size};
  if (start < 0) taps.begin = (-start + dilation - 1) / dilation;
  if (start + (kernel_size - 1) * dilation >= size) taps.end = start < size ? (size - 1 - start) / dilation + 1 : 0;
  return taps;
}

// The outputs o for which tap k reads inside the input: 0 <= o*stride - padding + k*dilation < size.
STRIDED_INLINE Range outputs_inside(int64_t offset, int64_t stride, int64_t outputs, int64_t size) {
  Range range{offset < 0 ? (-offset + stride - 1) / stride : 0, floor_div(size - 1 - offset, stride) + 1};
  if (range.end > outputs) range.end = outputs;
  if (range.begin > range.end) range.begin = range.end;
  return range;
}

// Pixels of one tile: enough independent sums to hide a multiply-add's latency, few enough to share each weight load.
constexpr int kTile = 8;

// T outputs in a row for one register of channels, all of whose taps in [kw.begin, kw.end) lie inside.
template <int T>
STRIDED_INLINE void forward_tile(const DepthwiseShape& s, const float* input, const float* weight, int64_t top,
                                 Range kh, Range kw, Vec start, Mask mask, float* output) {
  Vec acc[T];
#pragma GCC unroll 8
  for (int t = 0; t < T; t++) acc[t] = start;
  for (int64_t h = kh.begin; h < kh.end; h++) {
    const float* row = input + (top + h * s.dh) * s.iw * s.c;
    for (int64_t w = kw.begin; w < kw.end; w++) {
      const Vec tap = load(weight + (h * s.kw + w) * s.c, mask);
      const float* x = row + w * s.dw * s.c;
#pragma GCC unroll 8
      for (int t = 0; t < T; t++) acc[t] = fma(load(x + t * s.sw * s.c, mask), tap, acc[t]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < T; t++) store(output + t * s.c, acc[t], mask);
}

void forward(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* input, const float* weight,
             const float* bias, float* output) {
  // Outputs whose every tap lies inside the row.
  const int64_t inner_begin = outputs_inside(-s.pw, s.sw, s.ow, s.iw).begin;
  const int64_t inner_end = outputs_inside((s.kw - 1) * s.dw - s.pw, s.sw, s.ow, s.iw).end;
  for (int64_t oh = row_begin; oh < row_end; oh++) {
    const int64_t top = oh * s.sh - s.ph;
    const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
    for (int64_t c = 0; c < s.c; c += kLanes) {
      const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
      const Vec start = bias == nullptr ? zero() : load(bias + c, mask);
      int64_t ow = 0;
      while (ow < s.ow) {
        const int64_t left = ow * s.sw - s.pw;
        const float* x = input + left * s.c + c;
        float* y = output + (oh * s.ow + ow) * s.c + c;
        const Range all{0, s.kw};
        if (ow >= inner_begin && ow + kTile <= inner_end) {
          forward_tile<kTile>(s, x, weight + c, top, kh, all, start, mask, y);
          ow += kTile;
        } else if (ow >= inner_begin && ow + 2 <= inner_end) {
          forward_tile<2>(s, x, weight + c, top, kh, all, start, mask, y);
          ow += 2;
        } else {
          forward_tile<1>(s, x, weight + c, top, kh, taps_inside(left, s.dw, s.kw, s.iw), start, mask, y);
          ow += 1;
        }
      }
    }
  }
}

// Gathers for each input pixel from the outputs whose taps read it.
void input_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* grad_output,
                    const float* weight, float* grad_input) {
  for (int64_t ih = row_begin; ih < row_end; ih++) {
    for (int64_t iw = 0; iw < s.iw; iw++) {
      for (int64_t c = 0; c < s.c; c += kLanes) {
        const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
        Vec acc = zero();
        for (int64_t kh = 0; kh < s.kh; kh++) {
          const int64_t top = ih + s.ph - kh * s.dh;
          if (top < 0) break;
          if (top % s.sh != 0 || top / s.sh >= s.oh) continue;
          for (int64_t kw = 0; kw < s.kw; kw++) {
            const int64_t left = iw + s.pw - kw * s.dw;
            if (left < 0) break;
            if (left % s.sw != 0 || left / s.sw >= s.ow) continue;
            const Vec g = load(grad_output + (top / s.sh * s.ow + left / s.sw) * s.c + c, mask);
            acc = fma(g, load(weight + (kh * s.kw + kw) * s.c + c, mask), acc);
          }
        }
        store(grad_input + (ih * s.iw + iw) * s.c + c, acc, mask);
      }
    }
  }
}

// Filter columns whose sums are held in registers at a time.
constexpr int kTaps = 4;

// Adds the outputs [ow.begin, ow.end) of one row to T neighbouring taps; two sums a tap hide the latency.
template <int T>
STRIDED_INLINE void weight_row(const DepthwiseShape& s, const float* x, const float* g, Range ow, Mask mask,
                               float* grad_weight) {
  Vec acc[2][T];
#pragma GCC unroll 4
  for (int t = 0; t < T; t++) {
    acc[0][t] = load(grad_weight + t * s.c, mask);
    acc[1][t] = zero();
  }
  int64_t o = ow.begin;
  for (; o + 2 <= ow.end; o += 2) {
#pragma GCC unroll 2
    for (int u = 0; u < 2; u++) {
      const Vec grad = load(g + (o + u) * s.c, mask);
      const float* from = x + (o + u) * s.sw * s.c;
#pragma GCC unroll 4
      for (int t = 0; t < T; t++) acc[u][t] = fma(load(from + t * s.dw * s.c, mask), grad, acc[u][t]);
    }
  }
  if (o < ow.end) {
    const Vec grad = load(g + o * s.c, mask);
#pragma GCC unroll 4
    for (int t = 0; t < T; t++) acc[0][t] = fma(load(x + o * s.sw * s.c + t * s.dw * s.c, mask), grad, acc[0][t]);
  }
#pragma GCC unroll 4
  for (int t = 0; t < T; t++) store(grad_weight + t * s.c, add(acc[0][t], acc[1][t]), mask);
}

// Filter columns [kw, kw + T) of one output row: together where all of them read inside, then each for its own edge.
template <int T>
STRIDED_INLINE void weight_taps(const DepthwiseShape& s, const float* row, const float* g, int64_t kw, Mask mask,
                                float* grad_weight) {
  Range each[T];
  Range inner{0, s.ow};
#pragma GCC unroll 4
  for (int t = 0; t < T; t++) {
    each[t] = outputs_inside((kw + t) * s.dw - s.pw, s.sw, s.ow, s.iw);
    if (each[t].begin > inner.begin) inner.begin = each[t].begin;
    if (each[t].end < inner.end) inner.end = each[t].end;
  }
  const float* x = row + (kw * s.dw - s.pw) * s.c;
  if (inner.begin >= inner.end) inner.end = inner.begin = each[0].begin;
  if (inner.begin < inner.end) weight_row<T>(s, x, g, inner, mask, grad_weight);
#pragma GCC unroll 4
  for (int t = 0; t < T; t++) {
    const Range before{each[t].begin, inner.begin < each[t].end ? inner.begin : each[t].end};
    const Range after{inner.end > each[t].begin ? inner.end : each[t].begin, each[t].end};
    const float* from = x + t * s.dw * s.c;
    if (before.begin < before.end) weight_row<1>(s, from, g, before, mask, grad_weight + t * s.c);
    if (after.begin < after.end) weight_row<1>(s, from, g, after, mask, grad_weight + t * s.c);
  }
}

void weight_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                     const float* input, const float* grad_output, float* grad_weight) {
  for (int64_t c = begin; c < end; c += kLanes) {
    const Mask mask = first_lanes(end - c < kLanes ? end - c : kLanes);
    for (int64_t oh = row_begin; oh < row_end; oh++) {
      const int64_t top = oh * s.sh - s.ph;
      const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
      const float* g = grad_output + oh * s.ow * s.c + c;
      for (int64_t h = kh.begin; h < kh.end; h++) {
        const float* row = input + (top + h * s.dh) * s.iw * s.c + c;
        float* target = grad_weight + h * s.kw * s.c + c;
        int64_t kw = 0;
        for (; kw + kTaps <= s.kw; kw += kTaps) weight_taps<kTaps>(s, row, g, kw, mask, target + kw * s.c);
        if (s.kw - kw == 3) {
          weight_taps<3>(s, row, g, kw, mask, target + kw * s.c);
        } else {
          for (; kw < s.kw; kw++) weight_taps<1>(s, row, g, kw, mask, target + kw * s.c);
        }
      }
    }
  }
}

}  // namespace

template <>
const DepthwiseKernels& depthwise_kernels<kIsa>() {
  static constexpr DepthwiseKernels kernels = {forward, input_gradient, weight_gradient};
  return kernels;
}

}  // namespace strided
