#include "batch_norm.h"

#include "../simd/tiles.h"

namespace strided {
namespace {

// Rows that are added up independently, to hide the latency of an addition; a few registers stay free.
constexpr int kChains = kRegisters == 32 ? 2 : 3;

template <int NV>
STRIDED_INLINE void add_chains(Vec (&acc)[kChains][NV], const Tile& tile, double* total) {
  float sums[NV * kLanes];
#pragma GCC unroll 4
  for (int j = 0; j < NV; j++) {
#pragma GCC unroll 3
    for (int r = 1; r < kChains; r++) acc[0][j] = add(acc[0][j], acc[r][j]);
    store(sums + j * kLanes, acc[0][j]);
  }
  const int64_t width = (NV - 1) * kLanes + tile.lanes;
  for (int64_t i = 0; i < width; i++) total[tile.column + i] += static_cast<double>(sums[i]);
}

// Adds two quantities by column over a tile; Term maps a position and a column to its two addends.
template <int NV, bool kCut, typename Term>
STRIDED_INLINE void add_totals(const Tile& tile, double* total0, double* total1, const Term& term) {
  Vec acc0[kChains][NV];
  Vec acc1[kChains][NV];
#pragma GCC unroll 3
  for (int r = 0; r < kChains; r++) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; j++) acc0[r][j] = acc1[r][j] = zero();
  }
  int64_t at = tile.at;
  int64_t row = 0;
  for (; row + kChains <= tile.rows; row += kChains) {
#pragma GCC unroll 3
    for (int r = 0; r < kChains; r++, at += tile.width) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; j++) term(at + j * kLanes, j, acc0[r][j], acc1[r][j]);
    }
  }
  for (; row < tile.rows; row++, at += tile.width) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; j++) term(at + j * kLanes, j, acc0[0][j], acc1[0][j]);
  }
  add_chains<NV>(acc0, tile, total0);
  add_chains<NV>(acc1, tile, total1);
}

struct Moments {
  const float* input;
  const float* shift;
  double* sum;
  double* square;

  template <int NV, bool kCut>
  STRIDED_INLINE void run(const Tile& tile) const {
    Vec k[NV];
    load_row<NV, kCut>(k, shift, tile);
    add_totals<NV, kCut>(tile, sum, square, [&](int64_t at, int j, Vec& s, Vec& q) STRIDED_LAMBDA_INLINE {
      const Vec d = sub(load_part<kCut>(input + at, tile.lanes), k[j]);
      s = add(s, d);
      q = fma(d, d, q);
    });
  }
};

void moments(int64_t size, int64_t width, const float* input, const float* shift, double* sum, double* square) {
  for_tiles(size, width, Moments{input, shift, sum, square});
}

// The gradient that reaches the normalized values: under relu none where the output was 0.
template <bool kCut, bool kBits>
STRIDED_INLINE Vec masked_gradient(const float* grad_output, const uint8_t* bits, int64_t at, int64_t lanes) {
  const Vec g = load_part<kCut>(grad_output + at, lanes);
  if constexpr (!kBits) return g;
  return select(load_bits(bits, at, kCut ? lanes : kLanes), g, zero());
}

template <bool kBits>
struct Sums {
  const float* input;
  const float* grad_output;
  const float* mean;
  const uint8_t* bits;
  double* sum;
  double* dot;

  template <int NV, bool kCut>
  STRIDED_INLINE void run(const Tile& tile) const {
    Vec m[NV];
    load_row<NV, kCut>(m, mean, tile);
    add_totals<NV, kCut>(tile, sum, dot, [&](int64_t at, int j, Vec& s, Vec& q) STRIDED_LAMBDA_INLINE {
      const Vec g = masked_gradient<kCut, kBits>(grad_output, bits, at, tile.lanes);
      s = add(s, g);
      q = fma(g, sub(load_part<kCut>(input + at, tile.lanes), m[j]), q);
    });
  }
};

void sums(int64_t size, int64_t width, const float* input, const float* grad_output, const float* mean,
          const uint8_t* bits, double* sum, double* dot) {
  bits == nullptr ? for_tiles(size, width, Sums<false>{input, grad_output, mean, nullptr, sum, dot})
                  : for_tiles(size, width, Sums<true>{input, grad_output, mean, bits, sum, dot});
}

template <bool kRelu, bool kResidual, bool kBits>
struct Apply {
  const BatchNormApply& s;

  template <int NV, bool kCut>
  STRIDED_INLINE void run(const Tile& tile) const {
    Vec mean[NV], scale[NV], shift[NV];
    load_row<NV, kCut>(mean, s.mean, tile);
    load_row<NV, kCut>(scale, s.scale, tile);
    load_row<NV, kCut>(shift, s.shift, tile);
    for (int64_t row = 0; row < tile.rows; row++) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; j++) {
        const int64_t at = tile.at + row * tile.width + j * kLanes;
        Vec y = fma(sub(load_part<kCut>(s.input + at, tile.lanes), mean[j]), scale[j], shift[j]);
        if constexpr (kResidual) y = add(y, load_part<kCut>(s.residual + at, tile.lanes));
        // max(a, b) is b when either is NaN: what may be one must stand second.
        if constexpr (kRelu) y = max(zero(), y);
        if constexpr (kBits) store_bits(s.bits, at, greater_or_nan(y, zero()), kCut ? tile.lanes : kLanes);
        store_part<kCut>(s.output + at, y, tile.lanes, s.streamed);
      }
    }
  }
};

template <bool kResidual>
void apply_with(const BatchNormApply& slice) {
  if (slice.bits != nullptr) {
    for_rows(slice.size, slice.width, Apply<true, kResidual, true>{slice});
  } else if (slice.relu) {
    for_rows(slice.size, slice.width, Apply<true, kResidual, false>{slice});
  } else {
    for_rows(slice.size, slice.width, Apply<false, kResidual, false>{slice});
  }
}

void apply(const BatchNormApply& s) { s.residual == nullptr ? apply_with<false>(s) : apply_with<true>(s); }

template <bool kAffine, bool kBits, bool kResidual>
struct Gradient {
  const BatchNormGradient& s;

  template <int NV, bool kCut>
  STRIDED_INLINE void run(const Tile& tile) const {
    Vec mean[NV], scale[NV], slope[NV], shift[NV];
    load_row<NV, kCut>(scale, s.scale, tile);
    if constexpr (kAffine) {
      load_row<NV, kCut>(mean, s.mean, tile);
      load_row<NV, kCut>(slope, s.slope, tile);
      load_row<NV, kCut>(shift, s.shift, tile);
    }
    for (int64_t row = 0; row < tile.rows; row++) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; j++) {
        const int64_t at = tile.at + row * tile.width + j * kLanes;
        const Vec g = masked_gradient<kCut, kBits>(s.grad_output, s.bits, at, tile.lanes);
        Vec result;
        if constexpr (kAffine) {
          const Vec x = sub(load_part<kCut>(s.input + at, tile.lanes), mean[j]);
          result = fma(g, scale[j], fma(x, slope[j], shift[j]));
        } else {
          result = mul(g, scale[j]);
        }
        if constexpr (kResidual) store_part<kCut>(s.grad_residual + at, g, tile.lanes, s.streamed);
        store_part<kCut>(s.grad_input + at, result, tile.lanes, s.streamed);
      }
    }
  }
};

template <bool kAffine>
void gradient_with(const BatchNormGradient& slice) {
  if (slice.grad_residual != nullptr) {
    for_rows(slice.size, slice.width, Gradient<kAffine, true, true>{slice});
  } else if (slice.bits != nullptr) {
    for_rows(slice.size, slice.width, Gradient<kAffine, true, false>{slice});
  } else {
    for_rows(slice.size, slice.width, Gradient<kAffine, false, false>{slice});
  }
}

void gradient(const BatchNormGradient& s) { s.input == nullptr ? gradient_with<false>(s) : gradient_with<true>(s); }

}  // namespace

template <>
const BatchNormKernels& batch_norm_kernels<kIsa>() {
  static constexpr BatchNormKernels kernels = {moments, apply, sums, gradient};
  return kernels;
}

}  // namespace strided
