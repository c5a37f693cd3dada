#include "winograd.h"

#include "winograd_points.h"

namespace strided {
namespace {

// Applies a one-dimensional transform of I numbers into O to the columns, then to the rows of a square.
// from(i, j) loads, to(i, j, v) stores.
template <int I, int O, typename From, typename To, typename Transform>
STRIDED_INLINE void both_ways(From from, To to, Transform transform) {
  Vec middle[O][I];
#pragma GCC unroll 6
  for (int j = 0; j < I; j++) {
    Vec in[I], out[O];
#pragma GCC unroll 6
    for (int i = 0; i < I; i++) in[i] = from(i, j);
    transform(in, out);
#pragma GCC unroll 6
    for (int i = 0; i < O; i++) middle[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < O; i++) {
    Vec out[O];
    transform(middle[i], out);
#pragma GCC unroll 6
    for (int j = 0; j < O; j++) to(i, j, out[j]);
  }
}

STRIDED_INLINE Mask lanes_from(int64_t c, int64_t channels) {
  return first_lanes(channels - c < kLanes ? channels - c : kLanes);
}

template <typename F>
void input(int64_t channels, const float* const* pixels, int64_t ahead, float* v, int64_t plane) {
  constexpr int P = F::kPatch, T = F::kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<P, P>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE {
          const float* pixel = pixels[i * P + j] + c;
          if (j >= P - T) __builtin_prefetch(pixel + ahead);
          return load(pixel, mask);
        },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(v + (i * P + j) * plane + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { F::input(in, out); });
  }
}

template <typename F>
void gradient(int64_t channels, const float* const* pixels, int64_t ahead, float* d, int64_t plane) {
  constexpr int P = F::kPatch, T = F::kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<T, P>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE {
          const float* pixel = pixels[i * T + j] + c;
          __builtin_prefetch(pixel + ahead);
          return load(pixel, mask);
        },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(d + (i * P + j) * plane + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { F::gradient(in, out); });
  }
}

template <typename F>
void weights(int64_t count, const float* taps, float* u, int64_t plane) {
  constexpr int P = F::kPatch, K = F::kKernel;
  for (int64_t c = 0; c < count; c += kLanes) {
    const Mask mask = lanes_from(c, count);
    both_ways<K, P>([&](int i, int j) STRIDED_LAMBDA_INLINE { return load(taps + (i * K + j) * count + c, mask); },
                    [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(u + (i * P + j) * plane + c, x, mask); },
                    [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { F::weight(in, out); });
  }
}

template <typename F>
void output(int64_t channels, const float* m, int64_t plane, const float* bias, const WinogradOutput& o) {
  constexpr int P = F::kPatch, T = F::kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    const Vec start = bias == nullptr ? zero() : load(bias + c, mask);
    both_ways<P, T>([&](int i, int j) STRIDED_LAMBDA_INLINE { return load(m + (i * P + j) * plane + c, mask); },
                    [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE {
                      if (i >= o.rows || j >= o.columns) return;
                      const Vec sum = add(x, start);
                      float* pixel = o.data + i * o.row + j * o.pixel + c;
                      __builtin_prefetch(pixel + T * o.pixel, 1);
                      store(pixel, o.relu ? max(zero(), sum) : sum, mask);
                    },
                    [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { F::output(in, out); });
  }
}

template <typename F>
void weight_gradient(int64_t channels, const float* m, int64_t plane, float* grad_weight, int64_t tap) {
  constexpr int P = F::kPatch, K = F::kKernel;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<P, K>([&](int i, int j) STRIDED_LAMBDA_INLINE { return load(m + (i * P + j) * plane + c, mask); },
                    [&](int i, int j, Vec x)
                        STRIDED_LAMBDA_INLINE { store(grad_weight + (i * K + j) * tap + c, x, mask); },
                    [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { F::weight_gradient(in, out); });
  }
}

template <typename F>
constexpr WinogradKernels table() {
  return {F::kTile, F::kPatch, F::kKernel, input<F>, gradient<F>, weights<F>, output<F>, weight_gradient<F>};
}

}  // namespace

template <>
const WinogradTable& winograd_kernels<kIsa>() {
  static constexpr WinogradTable tables = {table<FourByThree>(), table<TwoByThree>(), table<TwoByFive>()};
  return tables;
}

}  // namespace strided
