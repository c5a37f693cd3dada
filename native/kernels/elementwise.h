// Element-wise arithmetic of one and of two arguments.
//
//   unary:   output[i] = op(input[i])
//   binary:  output[i] = op(a[i], b[i])
//   scalar:  output[i] = op(a[i], b)
//
// Edges    NaN propagates through maximum and minimum; sign(NaN) is 0.
// Layout   Any dense one, the same for all buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing output may be any of the inputs.
// Cost     Memory bound but for exp and log (about 20 instructions a register) and pow (a library call).
// Source   Semantics of the functions of the same names in torch.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

enum class Unary { neg, abs, exp, log, sqrt, square, reciprocal, sign, floor };
constexpr int kUnaryCount = 9;

// The r forms swap the arguments: rsub(a, b) = b - a.
enum class Binary { add, sub, mul, div, pow, maximum, minimum, rsub, rdiv, rpow };
constexpr int kBinaryCount = 10;

struct ElementwiseKernels {
  void (*fill)(int64_t size, float value, float* output);
  void (*unary[kUnaryCount])(int64_t size, const float* input, float* output);
  void (*binary[kBinaryCount])(int64_t size, const float* a, const float* b, float* output);
  void (*scalar[kBinaryCount])(int64_t size, const float* a, float b, float* output);
};

template <Isa isa>
const ElementwiseKernels& elementwise_kernels();

}  // namespace strided
