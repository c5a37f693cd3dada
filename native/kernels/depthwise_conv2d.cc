#include "depthwise_conv2d.h"

#include "../simd/windows.h"

namespace strided {
namespace {

// Pixels of one tile: enough independent sums to hide a multiply-add's latency, few enough to share each weight load.
constexpr int kTile = 8;

// What all tiles of an output row share.
struct ForwardRow {
  const DepthwiseShape& s;
  const float* input;  // row `top`, column 0
  const float* weight;
  const float* bias;
  Range kh;
  float* output;  // the row
};

// T outputs from `ow` on, all of whose taps in [kw.begin, kw.end) lie inside the row. All channels of the tile follow
// each other, so that memory is read in order.
template <int T>
void forward_tile(const ForwardRow& r, int64_t ow, Range kw) {
  const DepthwiseShape& s = r.s;
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
    Vec acc[T];
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) acc[t] = r.bias == nullptr ? zero() : load(r.bias + c, mask);
    for (int64_t h = r.kh.begin; h < r.kh.end; h++) {
      const float* row = r.input + (h * s.dh * s.iw + ow * s.sw - s.pw) * s.c + c;
      for (int64_t w = kw.begin; w < kw.end; w++) {
        const Vec tap = load(r.weight + (h * s.kw + w) * s.c + c, mask);
        const float* x = row + w * s.dw * s.c;
#pragma GCC unroll 8
        for (int t = 0; t < T; t++) acc[t] = fma(load(x + t * s.sw * s.c, mask), tap, acc[t]);
      }
    }
#pragma GCC unroll 8
    for (int t = 0; t < T; t++) store(r.output + (ow + t) * s.c + c, acc[t], mask);
  }
}

// The tile of `count` outputs: one instance for each width.
template <int T>
void forward_tile_of(const ForwardRow& r, int64_t ow, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return forward_tile_of<T - 1>(r, ow, count);
  }
  forward_tile<T>(r, ow, {0, r.s.kw});
}

void forward(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* input, const float* weight,
             const float* bias, float* output) {
  // Outputs whose every tap lies inside the row; those beside them are taken one by one.
  const int64_t begin = outputs_inside(-s.pw, s.sw, s.ow, s.iw).begin;
  const int64_t last = outputs_inside((s.kw - 1) * s.dw - s.pw, s.sw, s.ow, s.iw).end;
  const int64_t end = last > begin ? last : begin;
  const int64_t tiles = (end - begin + kTile - 1) / kTile;
  for (int64_t oh = row_begin; oh < row_end; oh++) {
    const int64_t top = oh * s.sh - s.ph;
    const ForwardRow row{s,    input + top * s.iw * s.c,           weight,
                         bias, taps_inside(top, s.dh, s.kh, s.ih), output + oh * s.ow * s.c};
    auto edge = [&](int64_t ow) { forward_tile<1>(row, ow, taps_inside(ow * s.sw - s.pw, s.dw, s.kw, s.iw)); };
    for (int64_t ow = 0; ow < begin; ow++) edge(ow);
    for (int64_t i = 0; i < tiles; i++) {
      const int64_t first = begin + i * (end - begin) / tiles;
      forward_tile_of<kTile>(row, first, begin + (i + 1) * (end - begin) / tiles - first);
    }
    for (int64_t ow = end; ow < s.ow; ow++) edge(ow);
  }
}

// Gathers for each input pixel from the outputs whose taps read it.
void input_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* grad_output,
                    const float* weight, float* grad_input) {
  for (int64_t ih = row_begin; ih < row_end; ih++) {
    const Range oh = windows_over(ih, s.ph, s.sh, (s.kh - 1) * s.dh, s.oh);
    for (int64_t iw = 0; iw < s.iw; iw++) {
      const Range ow = windows_over(iw, s.pw, s.sw, (s.kw - 1) * s.dw, s.ow);
      for (int64_t c = 0; c < s.c; c += kLanes) {
        const Mask mask = first_lanes(s.c - c < kLanes ? s.c - c : kLanes);
        Vec acc = zero();
        for (int64_t o = oh.begin; o < oh.end; o++) {
          const int64_t h = ih + s.ph - o * s.sh;
          if (s.dh != 1 && h % s.dh != 0) continue;
          for (int64_t q = ow.begin; q < ow.end; q++) {
            const int64_t w = iw + s.pw - q * s.sw;
            if (s.dw != 1 && w % s.dw != 0) continue;
            const int64_t tap = h / s.dh * s.kw + w / s.dw;
            acc = fma(load(grad_output + (o * s.ow + q) * s.c + c, mask), load(weight + tap * s.c + c, mask), acc);
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
  for (int64_t oh = row_begin; oh < row_end; oh++) {
    const int64_t top = oh * s.sh - s.ph;
    const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
    for (int64_t c = begin; c < end; c += kLanes) {
      const Mask mask = first_lanes(end - c < kLanes ? end - c : kLanes);
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
