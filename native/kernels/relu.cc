#include "relu.h"

#include "../simd/loop.h"

namespace strided {
namespace {

// max(a, b) is b when either is NaN: what may be one must stand second.
STRIDED_INLINE Vec rectify(Vec x) { return max(zero(), x); }

// Beyond the caches the output is stored past them, as map does.
template <bool kResidual>
void forward_bits(int64_t size, const float* input, const float* residual, float* output, uint8_t* bits) {
  const bool aligned = reinterpret_cast<uintptr_t>(output) % (kLanes * sizeof(float)) == 0;
  const bool streamed = aligned && size >= kStreamedSlice / 2 && output != input && output != residual;
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    Vec y = load(input + i);
    if constexpr (kResidual) y = add(y, load(residual + i));
    y = rectify(y);
    store_bits(bits, i, greater_or_nan(y, zero()));
    streamed ? stream(output + i, y) : store(output + i, y);
  }
  if (i < size) {
    const Mask tail = first_lanes(size - i);
    Vec y = load(input + i, tail);
    if constexpr (kResidual) y = add(y, load(residual + i, tail));
    y = rectify(y);
    store_bits(bits, i, greater_or_nan(y, zero()), size - i);
    store(output + i, y, tail);
  }
  if (streamed) end_stream();
}

void forward(int64_t size, const float* input, const float* residual, float* output, uint8_t* bits) {
  if (bits != nullptr) {
    residual == nullptr ? forward_bits<false>(size, input, residual, output, bits)
                        : forward_bits<true>(size, input, residual, output, bits);
  } else if (residual != nullptr) {
    map(
        size, output, [](Vec x, Vec r) { return rectify(add(x, r)); }, input, residual);
  } else {
    map(
        size, output, [](Vec x) { return rectify(x); }, input);
  }
}

void backward(int64_t size, const float* output, const float* grad_output, float* grad_input) {
  map(
      size, grad_input, [](Vec y, Vec g) { return select(greater_or_nan(y, zero()), g, zero()); }, output, grad_output);
}

void backward_bits(int64_t size, const uint8_t* bits, const float* grad_output, float* grad_input) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    store(grad_input + i, select(load_bits(bits, i), load(grad_output + i), zero()));
  }
  if (i < size) {
    const Mask tail = first_lanes(size - i);
    const Vec g = load(grad_output + i, tail);
    store(grad_input + i, select(load_bits(bits, i, size - i), g, zero()), tail);
  }
}

}  // namespace

template <>
const ReluKernels& relu_kernels<kIsa>() {
  static constexpr ReluKernels kernels = {forward, backward, backward_bits};
  return kernels;
}

}  // namespace strided
