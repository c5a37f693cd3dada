#include "line_winograd.h"

#include "../simd/lanes.h"
#include "winograd_points.h"

namespace strided {
namespace {

// body(lanes, c) for every register of channels.
template <typename Body>
STRIDED_INLINE void for_registers(int64_t channels, Body body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(WholeLanes{}, c);
  if (c < channels) body(FirstLanes{first_lanes(channels - c), channels - c}, c);
}

STRIDED_INLINE bool inside(int64_t position, const WinogradLine& line) {
  return static_cast<uint64_t>(position) < static_cast<uint64_t>(line.size);
}

// Loads N numbers of the line from `first` on, zeros outside it.
template <int N, typename Lanes>
STRIDED_INLINE void load_line(const WinogradLine& line, int64_t first, const float* x, Lanes lanes, Vec (&d)[N]) {
  const float* from = x + first * line.pixel;
  if (first >= 0 && first + N <= line.size) {
#pragma GCC unroll 6
    for (int i = 0; i < N; i++) d[i] = lanes.load(from + i * line.pixel);
  } else {
#pragma GCC unroll 6
    for (int i = 0; i < N; i++) d[i] = inside(first + i, line) ? lanes.load(from + i * line.pixel) : zero();
  }
}

template <int N, typename Lanes>
STRIDED_INLINE void store_planes(const Vec (&t)[N], Lanes lanes, float* v, int64_t plane) {
#pragma GCC unroll 6
  for (int i = 0; i < N; i++) lanes.store(v + i * plane, t[i]);
}

template <int N, typename Lanes>
STRIDED_INLINE void load_planes(const float* m, int64_t plane, Lanes lanes, Vec (&d)[N]) {
#pragma GCC unroll 6
  for (int i = 0; i < N; i++) d[i] = lanes.load(m + i * plane);
}

template <typename F>
void input(int64_t count, int64_t channels, const WinogradLine& line, const float* x, float* v, int64_t plane) {
  for (int64_t t = 0; t < count; t++) {
    for_registers(channels, [&](auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
      Vec d[F::kPatch], transformed[F::kPatch];
      load_line(line, line.first + t * F::kTile, x + c, lanes, d);
      F::input(d, transformed);
      store_planes(transformed, lanes, v + t * channels + c, plane);
    });
  }
}

template <typename F>
void gradient(int64_t count, int64_t channels, const WinogradLine& line, const float* dy, float* d, int64_t plane) {
  for (int64_t t = 0; t < count; t++) {
    for_registers(channels, [&](auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
      Vec y[F::kTile], transformed[F::kPatch];
      load_line(line, line.first + t * F::kTile, dy + c, lanes, y);
      F::gradient(y, transformed);
      store_planes(transformed, lanes, d + t * channels + c, plane);
    });
  }
}

template <typename F>
void weights(int64_t count, const float* taps, float* u, int64_t plane) {
  for_registers(count, [&](auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    Vec g[3], transformed[F::kPatch];
    load_planes(taps + c, count, lanes, g);
    F::weight(g, transformed);
    store_planes(transformed, lanes, u + c, plane);
  });
}

template <typename F>
void output(int64_t count, int64_t channels, const WinogradLine& line, const float* m, int64_t plane, const float* bias,
            bool relu, float* y) {
  for (int64_t t = 0; t < count; t++) {
    const int64_t first = line.first + t * F::kTile;
    for_registers(channels, [&](auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
      const Vec start = bias == nullptr ? zero() : lanes.load(bias + c);
      Vec d[F::kPatch], out[F::kTile];
      load_planes(m + t * channels + c, plane, lanes, d);
      F::output(d, out);
#pragma GCC unroll 4
      for (int i = 0; i < F::kTile; i++) {
        if (!inside(first + i, line)) continue;
        const Vec sum = add(out[i], start);
        lanes.store(y + (first + i) * line.pixel + c, relu ? max(zero(), sum) : sum);
      }
    });
  }
}

template <typename F>
void weight_gradient(int64_t channels, const float* m, int64_t plane, int64_t taps, int64_t tap, float* grad_weight) {
  for_registers(channels, [&](auto lanes, int64_t c) STRIDED_LAMBDA_INLINE {
    Vec d[F::kPatch], g[3];
    load_planes(m + c, plane, lanes, d);
    F::weight_gradient(d, g);
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
      if (i < taps) lanes.store(grad_weight + i * tap + c, g[i]);
    }
  });
}

template <typename F>
constexpr LineWinogradKernels table() {
  return {F::kTile, F::kPatch, input<F>, gradient<F>, weights<F>, output<F>, weight_gradient<F>};
}

}  // namespace

template <>
const LineWinogradTable& line_winograd_kernels<kIsa>() {
  static constexpr LineWinogradTable tables = {table<FourByThree>(), table<TwoByThree>()};
  return tables;
}

}  // namespace strided
