#include "max_pool.h"

#include "../simd/lanes.h"
#include "max_pool_gradient.h"

namespace strided {
namespace {

// The taps of one window that lie inside the image: how many, how far apart in memory, and what they are called.
struct Taps {
  int64_t d, h, w;
  int64_t d_stride, h_stride, w_stride;
  int32_t first, d_step, h_step, w_step;
};

struct Results {
  float* output;
  uint8_t* taps;
  int32_t* positions;
  bool relu;
  int32_t nobody;
};

// The maxima of kVectors registers of channels, and who won; `input` is the first tap, `out` where the results go.
template <Winner kWinner, int kVectors, typename Lanes>
STRIDED_INLINE void pool_channels(const Taps& taps, const float* input, Lanes lanes, const Results& to, int64_t out) {
  Vec best[kVectors];
  VecInt winner[kVectors];
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) {
    best[u] = lanes.load(input + u * kLanes);
    winner[u] = set1_int(taps.first);
  }
  for (int64_t d = 0; d < taps.d; d++) {
    for (int64_t h = 0; h < taps.h; h++) {
      const float* row = input + d * taps.d_stride + h * taps.h_stride;
      const int32_t first = taps.first + static_cast<int32_t>(d) * taps.d_step + static_cast<int32_t>(h) * taps.h_step;
      // The very first tap is what the others are compared with.
      for (int64_t w = d + h == 0 ? 1 : 0; w < taps.w; w++) {
        const VecInt here = set1_int(first + static_cast<int32_t>(w) * taps.w_step);
#pragma GCC unroll 4
        for (int u = 0; u < kVectors; u++) {
          const Vec x = lanes.load(row + w * taps.w_stride + u * kLanes);
          if constexpr (kWinner == Winner::none) {
            // max(a, b) is b when either is NaN: a NaN met stays only if it stands second.
            best[u] = select(is_nan(best[u]), best[u], max(best[u], x));
          } else {
            const Mask better = mask_or(greater(x, best[u]), is_nan(x));
            winner[u] = select_int(better, here, winner[u]);
            best[u] = select(better, x, best[u]);
          }
        }
      }
    }
  }
#pragma GCC unroll 4
  for (int u = 0; u < kVectors; u++) {
    if (to.relu) {
      winner[u] = select_int(greater_or_nan(best[u], zero()), winner[u], set1_int(to.nobody));
      best[u] = max(zero(), best[u]);
    }
    lanes.store(to.output + out + u * kLanes, best[u]);
    if constexpr (kWinner == Winner::tap) store_bytes(to.taps + out + u * kLanes, winner[u], lanes.count());
    if constexpr (kWinner == Winner::position) lanes.store_int(to.positions + out + u * kLanes, winner[u]);
  }
}

// kSide is the number of taps in either direction, 0 for any; when it is known the loops over them vanish.
template <Winner kWinner, int kSide>
STRIDED_INLINE void pool_window(Taps taps, const PoolSlice& slice, const float* input, const Results& to, int64_t out) {
  if (kSide > 0) {
    taps.d = 1;
    taps.h = taps.w = kSide;
  }
  for_channels(slice.c_begin, slice.c_end, [&](auto registers, auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    pool_channels<kWinner, decltype(registers)::value>(taps, input + c, lanes, to, out + c);
  });
}

// One row of windows, the first tap of whose rows is in `input`.
template <Winner kWinner>
STRIDED_INLINE void forward_row(const PoolShape& s, const PoolSlice& slice, Taps taps, const float* input,
                                const Results& to, int64_t out) {
  constexpr bool kTap = kWinner == Winner::tap;
  const int32_t first = taps.first;
  auto edge = [&](int64_t ow) STRIDED_LAMBDA_INLINE {
    const Window& w = s.w.windows[ow];
    const int64_t iw = w.start + w.begin * s.w.step;
    taps.w = w.end - w.begin;
    taps.first = first + static_cast<int32_t>(kTap ? w.begin : iw);
    if (taps.d > 0 && taps.h > 0 && taps.w > 0) {
      return pool_window<kWinner, 0>(taps, slice, input + iw * s.c, to, out + ow * s.c);
    }
    for (int64_t c = slice.c_begin; c < slice.c_end; c++) {
      to.output[out + ow * s.c + c] = to.relu ? 0 : -__builtin_inff();
      if (kTap) to.taps[out + ow * s.c + c] = kNoTap;
      if (kWinner == Winner::position) to.positions[out + ow * s.c + c] = to.nobody;
    }
  };
  auto inner = [&](auto side) STRIDED_LAMBDA_INLINE {
    const float* here = input + s.w.windows[s.w.whole_begin].start * s.c;
    taps.w = s.w.taps;
    taps.first = first + (kTap ? 0 : s.w.windows[s.w.whole_begin].start);
    for (int64_t ow = s.w.whole_begin; ow < s.w.whole_end; ow++) {
      pool_window<kWinner, decltype(side)::value>(taps, slice, here, to, out + ow * s.c);
      here += s.w.stride * s.c;
      if (!kTap) taps.first += static_cast<int32_t>(s.w.stride);
    }
  };
  const bool some = taps.d > 0 && taps.h > 0;
  const int64_t begin = some ? s.w.whole_begin : s.w.out, end = some ? s.w.whole_end : s.w.out;
  for (int64_t ow = 0; ow < begin; ow++) edge(ow);
  if (begin < end) {
    if (taps.d == 1 && taps.h == 2 && s.w.taps == 2) {
      inner(Constant<2>{});
    } else if (taps.d == 1 && taps.h == 3 && s.w.taps == 3) {
      inner(Constant<3>{});
    } else {
      inner(Constant<0>{});
    }
  }
  for (int64_t ow = end; ow < s.w.out; ow++) edge(ow);
}

template <Winner kWinner>
void forward_rows(const PoolShape& s, const PoolSlice& slice, const float* input, const Results& to) {
  constexpr bool kTap = kWinner == Winner::tap;
  const int64_t row_size = s.w.in * s.c;
  Taps taps{};
  taps.d_stride = s.d.step * s.h.in * row_size;
  taps.h_stride = s.h.step * row_size;
  taps.w_stride = s.w.step * s.c;
  taps.d_step = static_cast<int32_t>(kTap ? s.h.taps * s.w.taps : s.d.step * s.h.in * s.w.in);
  taps.h_step = static_cast<int32_t>(kTap ? s.w.taps : s.h.step * s.w.in);
  taps.w_step = static_cast<int32_t>(kTap ? 1 : s.w.step);
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const Window& d = s.d.windows[row / s.h.out % s.d.out];
    const Window& h = s.h.windows[row % s.h.out];
    const int64_t id = d.start + d.begin * s.d.step;
    const int64_t ih = h.start + h.begin * s.h.step;
    const float* input_ih = input + ((row / (s.h.out * s.d.out) * s.d.in + id) * s.h.in + ih) * row_size;
    taps.d = d.end - d.begin;
    taps.h = h.end - h.begin;
    taps.first =
        kTap ? d.begin * taps.d_step + h.begin * taps.h_step : static_cast<int32_t>((id * s.h.in + ih) * s.w.in);
    forward_row<kWinner>(s, slice, taps, input_ih, to, row * s.w.out * s.c);
  }
}

void forward(const PoolShape& s, const PoolSlice& slice, bool relu, const float* input, float* output, uint8_t* taps,
             int32_t* positions) {
  const Results to{output, taps, positions, relu, taps == nullptr ? -1 : kNoTap};
  if (taps != nullptr) return forward_rows<Winner::tap>(s, slice, input, to);
  if (positions != nullptr) return forward_rows<Winner::position>(s, slice, input, to);
  forward_rows<Winner::none>(s, slice, input, to);
}

void backward(const PoolShape& s, const PoolSlice& slice, const float* grad_output, const uint8_t* taps,
              const int32_t* positions, float* grad_input) {
  if (taps != nullptr) {
    scatter_rows(s, slice, WinnersGradient<Winner::tap>{s, taps, nullptr, 0, 0}, grad_output, grad_input);
  } else {
    scatter_rows(s, slice, WinnersGradient<Winner::position>{s, nullptr, positions, 0, 0}, grad_output, grad_input);
  }
}

void backward_whole(const PoolShape& s, const PoolSlice& slice, const float* grad_output, const int32_t* positions,
                    float* grad_input) {
  for (int64_t row = slice.row_begin; row < slice.row_end; row++) {
    const int64_t n = row / (s.h.in * s.d.in), first = row % (s.h.in * s.d.in) * s.w.in;
    float* to = grad_input + row * s.w.in * s.c;
    if (slice.streamed) {
      spread_row<true>(s, slice, first, grad_output + n * s.c, positions + n * s.c, to);
    } else {
      spread_row<false>(s, slice, first, grad_output + n * s.c, positions + n * s.c, to);
    }
  }
  if (slice.streamed) end_stream();
}

}  // namespace

template <>
const MaxPoolKernels& max_pool_kernels<kIsa>() {
  static constexpr MaxPoolKernels kernels = {forward, backward, backward_whole};
  return kernels;
}

}  // namespace strided
