#include "depthwise_conv2d.h"

#include "../simd/windows.h"
#include "depthwise_gradient.h"
#include "depthwise_tiles.h"

namespace strided {
namespace {

// One output with any kernel and dilation.
void forward_any(const ForwardRow& r, int64_t ow) {
  const DepthwiseShape& s = r.s;
  const Range kw = taps_inside(ow * s.sw - s.pw, s.dw, s.kw, s.iw);
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc = r.bias == nullptr ? zero() : load(r.bias + c, mask);
    for (int64_t h = r.kh.begin; h < r.kh.end; h++) {
      const float* x = r.input + (h * s.dh * s.iw + ow * s.sw - s.pw) * s.c + c;
      const float* tap = r.weight + h * s.kw * s.c + c;
      for (int64_t w = kw.begin; w < kw.end; w++) {
        acc = fma(load(x + w * s.dw * s.c, mask), load(tap + w * s.c, mask), acc);
      }
    }
    store(r.output + ow * s.c + c, s.relu ? max(zero(), acc) : acc, mask);
  }
}

// The tile of `count` outputs: one instance for each width.
template <int K, int S, int T>
void forward_tile_of(const ForwardRow& r, int64_t ow, int64_t count) {
  if constexpr (T > 1) {
    if (count < T) return forward_tile_of<K, S, T - 1>(r, ow, count);
  }
  forward_tile<K, S, T>(r, ow);
}

// Tiles as equal as possible: 7 + 7 rather than 8 + 6.
template <int K, int S>
void forward_row(const ForwardRow& r) {
  const int64_t tiles = (r.s.ow + kTile - 1) / kTile;
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t begin = i * r.s.ow / tiles;
    forward_tile_of<K, S, kTile>(r, begin, (i + 1) * r.s.ow / tiles - begin);
  }
}

// Calls body.run<K, S>() where there are tiles for the kernel's width and stride, and body.any() elsewhere.
template <typename Body>
STRIDED_INLINE void for_kernel(const DepthwiseShape& s, Body body) {
  if (s.dw != 1 || s.sw > 2) return body.any();
  const int64_t which = s.kw * 10 + s.sw;
  if (which == 31) return body.template run<3, 1>();
  if (which == 32) return body.template run<3, 2>();
  if (which == 51) return body.template run<5, 1>();
  if (which == 52) return body.template run<5, 2>();
  if (which == 71) return body.template run<7, 1>();
  body.any();
}

struct ForwardBody {
  const ForwardRow& row;

  template <int K, int S>
  void run() const {
    forward_row<K, S>(row);
  }
  void any() const {
    for (int64_t ow = 0; ow < row.s.ow; ow++) forward_any(row, ow);
  }
};

void forward(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* input, const float* weight,
             const float* bias, float* output) {
  for (int64_t oh = row_begin; oh < row_end; oh++) {
    const int64_t top = oh * s.sh - s.ph;
    const ForwardRow row{s,
                         input + top * s.iw * s.c,
                         weight,
                         bias,
                         taps_inside(top, s.dh, s.kh, s.ih),
                         output + oh * s.ow * s.c,
                         top + s.kh < s.ih ? input + (top + s.kh) * s.iw * s.c : nullptr};
    for_kernel(s, ForwardBody{row});
  }
}

// Gathers for one input pixel from the outputs whose taps read it.
void input_any(const InputRow& r, int64_t iw) {
  const DepthwiseShape& s = r.s;
  const Range ow = windows_over(iw, s.pw, s.sw, (s.kw - 1) * s.dw, s.ow);
  for (int64_t c = 0; c < s.c; c += kLanes) {
    const Mask mask = lanes_from(c, s.c);
    Vec acc = zero();
    for (int64_t o = r.oh.begin; o < r.oh.end; o++) {
      const int64_t h = r.ih + s.ph - o * s.sh;
      if (s.dh != 1 && h % s.dh != 0) continue;
      for (int64_t q = ow.begin; q < ow.end; q++) {
        const int64_t w = iw + s.pw - q * s.sw;
        if (s.dw != 1 && w % s.dw != 0) continue;
        const float* tap = r.weight + (h / s.dh * s.kw + w / s.dw) * s.c + c;
        acc = fma(load(r.grad_output + (o * s.ow + q) * s.c + c, mask), load(tap, mask), acc);
      }
    }
    store(r.grad_input + iw * s.c + c, acc, mask);
  }
}

struct InputBody {
  const InputRow& row;

  template <int K, int S>
  void run() const {
    if constexpr (S == 2) {
      const int64_t first = row.s.pw / 2;  // the tile that holds column 0 or -1
      for (int64_t b = first; 2 * b - row.s.pw < row.s.iw; b += kTile / 2) input_tile<K, kTile / 2>(row, b);
    } else {
      any();
    }
  }
  void any() const {
    for (int64_t iw = 0; iw < row.s.iw; iw++) input_any(row, iw);
  }
};

void input_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, const float* grad_output,
                    const float* weight, float* grad_input) {
  for (int64_t ih = row_begin; ih < row_end; ih++) {
    const Range oh = windows_over(ih, s.ph, s.sh, (s.kh - 1) * s.dh, s.oh);
    const InputRow row{s, grad_output, weight, ih, oh, grad_input + ih * s.iw * s.c, ih + 1 < row_end};
    for_kernel(s, InputBody{row});
  }
}

// Output rows of one register of channels.
struct WeightBody {
  const DepthwiseShape& s;
  Range rows;
  int64_t end;  // of the rows that follow
  const float* input;
  const float* grad_output;
  Mask mask;
  float* grad_weight;

  template <int K, int S>
  void run() const {
    constexpr int kRows = kFilterRows<K>;
    int64_t h = 0;
    for (; h + kRows <= s.kh; h += kRows) {
      weight_rows<K, S, kRows>(s, rows, end, h, mask, input, grad_output, grad_weight);
    }
    for (; h < s.kh; h++) weight_rows<K, S, 1>(s, rows, end, h, mask, input, grad_output, grad_weight);
  }

  void any() const {
    for (int64_t oh = rows.begin; oh < rows.end; oh++) {
      const int64_t top = oh * s.sh - s.ph;
      const Range kh = taps_inside(top, s.dh, s.kh, s.ih);
      for (int64_t h = kh.begin; h < kh.end; h++) {
        for (int64_t w = 0; w < s.kw; w++) add_tap(oh, top + h * s.dh, h, w);
      }
    }
  }

  void add_tap(int64_t oh, int64_t ih, int64_t h, int64_t w) const {
    const int64_t left = w * s.dw - s.pw;
    const Range ow = outputs_inside(left, s.sw, s.ow, s.iw);
    const float* x = input + (ih * s.iw + left) * s.c;
    const float* grad = grad_output + oh * s.ow * s.c;
    float* target = grad_weight + (h * s.kw + w) * s.c;
    Vec acc = load(target, mask);
    for (int64_t o = ow.begin; o < ow.end; o++) {
      acc = fma(load(x + o * s.sw * s.c, mask), load(grad + o * s.c, mask), acc);
    }
    store(target, acc, mask);
  }
};

void weight_gradient(const DepthwiseShape& s, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                     const float* input, const float* grad_output, float* grad_weight) {
  const int64_t fit = kChunk / (s.sh * s.iw * s.c);
  const int64_t rows = s.kw <= kNarrow && fit > 1 ? fit : 1;
  for (int64_t first = row_begin; first < row_end; first += rows) {
    const int64_t last = first + rows < row_end ? first + rows : row_end;
    for (int64_t c = begin; c < end; c += kLanes) {
      for_kernel(
          s, WeightBody{s, {first, last}, row_end, input + c, grad_output + c, lanes_from(c, end), grad_weight + c});
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
