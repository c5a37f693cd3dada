#include "winograd.h"

#include "winograd_phases.h"
#include "winograd_points.h"

namespace strided {
namespace {

// A pair of one-dimensional transforms: R along columns, over rows; C along rows. `Row` is the number of frequencies
// from one row of them to the next.
template <typename R, typename C, int Row>
struct Pair {
  using Rows = R;
  using Columns = C;
  static constexpr int kRow = Row;
  static constexpr int kTile = C::kTile;
};
template <typename F>
using Square = Pair<F, F, F::kPatch>;

// Applies a one-dimensional transform of IR numbers into OR to the columns of a rectangle, then one of IC into OC to
// its rows. from(i, j) loads, to(i, j, v) stores.
template <int IR, int OR, int IC, int OC, typename From, typename To, typename Down, typename Across>
STRIDED_INLINE void both_ways(From from, To to, Down down, Across across) {
  Vec middle[OR][IC];
#pragma GCC unroll 6
  for (int j = 0; j < IC; j++) {
    Vec in[IR], out[OR];
#pragma GCC unroll 6
    for (int i = 0; i < IR; i++) in[i] = from(i, j);
    down(in, out);
#pragma GCC unroll 6
    for (int i = 0; i < OR; i++) middle[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < OR; i++) {
    Vec out[OC];
    across(middle[i], out);
#pragma GCC unroll 6
    for (int j = 0; j < OC; j++) to(i, j, out[j]);
  }
}

STRIDED_INLINE Mask lanes_from(int64_t c, int64_t channels) {
  return first_lanes(channels - c < kLanes ? channels - c : kLanes);
}

template <typename F>
void input(int64_t channels, const float* const* pixels, int64_t ahead, float* v, int64_t plane) {
  using R = typename F::Rows;
  using C = typename F::Columns;
  constexpr int P = C::kPatch;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<R::kPatch, R::kPatch, P, P>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE {
          const float* pixel = pixels[i * P + j] + c;
          if (j >= P - F::kTile) __builtin_prefetch(pixel + ahead);
          return load(pixel, mask);
        },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(v + (i * F::kRow + j) * plane + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { R::input(in, out); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { C::input(in, out); });
  }
}

template <typename F>
void gradient(int64_t channels, const float* const* pixels, int64_t ahead, float* d, int64_t plane) {
  using R = typename F::Rows;
  using C = typename F::Columns;
  constexpr int T = F::kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<T, R::kPatch, T, C::kPatch>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE {
          const float* pixel = pixels[i * T + j] + c;
          __builtin_prefetch(pixel + ahead);
          return load(pixel, mask);
        },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(d + (i * F::kRow + j) * plane + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { R::gradient(in, out); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { C::gradient(in, out); });
  }
}

template <typename F>
void weights(int64_t count, const float* taps, float* u, int64_t plane) {
  using R = typename F::Rows;
  using C = typename F::Columns;
  for (int64_t c = 0; c < count; c += kLanes) {
    const Mask mask = lanes_from(c, count);
    both_ways<R::kKernel, R::kPatch, C::kKernel, C::kPatch>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE { return load(taps + (i * C::kKernel + j) * count + c, mask); },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(u + (i * F::kRow + j) * plane + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { R::weight(in, out); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { C::weight(in, out); });
  }
}

template <typename F>
void output(int64_t channels, const float* m, int64_t plane, const float* bias, const WinogradOutput& o) {
  using R = typename F::Rows;
  using C = typename F::Columns;
  constexpr int T = F::kTile;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    const Vec start = bias == nullptr ? zero() : load(bias + c, mask);
    both_ways<R::kPatch, T, C::kPatch, T>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE { return load(m + (i * F::kRow + j) * plane + c, mask); },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE {
          if (i >= o.rows || j >= o.columns) return;
          const Vec sum = add(x, start);
          float* pixel = o.data + i * o.row + j * o.pixel + c;
          __builtin_prefetch(pixel + T * o.pixel, 1);
          store(pixel, o.relu ? max(zero(), sum) : sum, mask);
        },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { R::output(in, out); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { C::output(in, out); });
  }
}

template <typename F>
void weight_gradient(int64_t channels, const float* m, int64_t plane, float* grad_weight, int64_t tap_row,
                     int64_t tap) {
  using R = typename F::Rows;
  using C = typename F::Columns;
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Mask mask = lanes_from(c, channels);
    both_ways<R::kPatch, R::kKernel, C::kPatch, C::kKernel>(
        [&](int i, int j) STRIDED_LAMBDA_INLINE { return load(m + (i * F::kRow + j) * plane + c, mask); },
        [&](int i, int j, Vec x) STRIDED_LAMBDA_INLINE { store(grad_weight + i * tap_row + j * tap + c, x, mask); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { R::weight_gradient(in, out); },
        [](const auto& in, auto& out) STRIDED_LAMBDA_INLINE { C::weight_gradient(in, out); });
  }
}

template <typename F>
constexpr WinogradKernels table() {
  using R = typename F::Rows;
  using C = typename F::Columns;
  return {F::kTile, R::kPatch,   C::kPatch,  R::kKernel, C::kKernel,        F::kRow,
          input<F>, gradient<F>, weights<F>, output<F>,  weight_gradient<F>};
}

template <typename R, typename C>
constexpr WinogradKernels phase() {
  return table<Pair<R, C, FourByTwo::kPatch>>();
}

}  // namespace

template <>
const WinogradTable& winograd_kernels<kIsa>() {
  static constexpr WinogradTable tables = {
      table<Square<FourByThree>>(),
      table<Square<TwoByThree>>(),
      table<Square<TwoByFive>>(),
      {phase<FourByOne, FourByOne>(), phase<FourByTwo, FourByOne>(), phase<FourByTwo, FourByTwo>(),
       phase<FourByOne, FourByTwo>()},
  };
  return tables;
}

}  // namespace strided
