#include "grouped_conv2d.h"

#include "grouped_tiles.h"

namespace strided {
namespace {

// Outputs of the widest tile: their sums, three weights, an index and a pixel stay in registers.
constexpr int kWidest = kRegisters == 32 ? 14 : 8;
// A share of the next rows under T outputs.
STRIDED_INLINE void fetch_ahead(const GroupedRow& r, int64_t left, int64_t begin, int64_t i, int64_t T, int64_t S) {
  for (int64_t j = i; j < T; j += r.group) {
    for (int64_t s = 0; s < S; s++) __builtin_prefetch(r.next_source + (left + j * S + s) * r.pixel);
    __builtin_prefetch(r.next_output + (begin + j) * r.output_pixel);
  }
}

// Outputs [begin, begin + T) with K filter columns and column stride S.
template <int K, int S, int T>
void tile(const GroupedRow& r, const GroupedSource& s, const float* bias, int64_t begin, float* output) {
  const Mask mask = first_lanes(r.lanes);
  const Spread& spread = spread_of(r.group);
  const int64_t left = begin * S + r.first;
  Vec acc[T];
#pragma GCC unroll 14
  for (int t = 0; t < T; t++) acc[t] = bias == nullptr ? zero() : load(bias, mask);
  for (int64_t h = 0; h < s.count; h++) {
    const float* x = s.data + h * s.row + left * r.pixel;
    for (int64_t i = 0; i < r.group; i++) {
      const VecInt index = load_int(spread.lane[i]);
      Vec tap[K];
      if (h == 0 && r.next_source != nullptr) fetch_ahead(r, left, begin, i, T, S);
#pragma GCC unroll 3
      for (int k = 0; k < K; k++) tap[k] = load(s.weight + ((h * K + k) * r.group + i) * kLanes);
#pragma GCC unroll 29
      for (int j = 0; j < (T - 1) * S + K; j++) {
        if (!inside(left + j, r.width)) continue;
        const Vec pixel = permute(load(x + j * r.pixel, mask), index);
#pragma GCC unroll 14
        for (int t = 0; t < T; t++) {
          if (j - t * S >= 0 && j - t * S < K) acc[t] = fma(pixel, tap[j - t * S], acc[t]);
        }
      }
    }
  }
#pragma GCC unroll 14
  for (int t = 0; t < T; t++) {
    store(output + (begin + t) * r.output_pixel, r.relu ? max(zero(), acc[t]) : acc[t], mask);
  }
}

// 14 + 14 for 28, 8 + 8 rather than 14 + 2 for 16.
template <int K, int S>
void taps_row(const GroupedRow& r, const GroupedSource& s, const float* bias, float* output) {
  for (int64_t o = 0; o < r.outputs;) {
    const int64_t rest = r.outputs - o;
    if (kWidest == 14 && (rest == 14 || rest > 16)) {
      tile<K, S, kWidest>(r, s, bias, o, output);
      o += kWidest;
    } else if (rest >= 8) {
      tile<K, S, 8>(r, s, bias, o, output);
      o += 8;
    } else if (rest == 7) {
      tile<K, S, 7>(r, s, bias, o, output);
      o += 7;
    } else if (rest >= 4) {
      tile<K, S, 4>(r, s, bias, o, output);
      o += 4;
    } else if (rest >= 2) {
      tile<K, S, 2>(r, s, bias, o, output);
      o += 2;
    } else {
      tile<K, S, 1>(r, s, bias, o, output);
      o += 1;
    }
  }
}

// function.run<K, S>() for the row's taps and step.
template <typename Function>
STRIDED_INLINE void for_taps(const GroupedRow& r, Function function) {
  const int64_t which = r.taps * 10 + r.step;
  if (which == 31) return function.template run<3, 1>();
  if (which == 32) return function.template run<3, 2>();
  if (which == 21) return function.template run<2, 1>();
  if (which == 22) return function.template run<2, 2>();
  if (which == 11) return function.template run<1, 1>();
  if (which == 12) return function.template run<1, 2>();
}

struct Taps {
  const GroupedRow& row;
  const GroupedSource& source;
  const float* bias;
  float* output;

  template <int K, int S>
  void run() const {
    taps_row<K, S>(row, source, bias, output);
  }
};

struct Weight {
  const GroupedRow& row;
  const float* source;
  const float* grad_output;
  float* grad_weight;

  template <int K, int S>
  void run() const {
    weight_row<K, S>(row, source, grad_output, grad_weight);
  }
};

void taps(const GroupedRow& row, const GroupedSource& source, const float* bias, float* output) {
  for_taps(row, Taps{row, source, bias, output});
}

void weight(const GroupedRow& row, const float* source, const float* grad_output, float* grad_weight) {
  for_taps(row, Weight{row, source, grad_output, grad_weight});
}

}  // namespace

template <>
const GroupedKernels& grouped_kernels<kIsa>() {
  static constexpr GroupedKernels kernels = {kLanes, taps, weight};
  return kernels;
}

}  // namespace strided
