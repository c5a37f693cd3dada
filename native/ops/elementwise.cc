#include "elementwise.h"

#include <algorithm>

namespace strided {
namespace {

// Calls body(begin, length) over slices of a dense buffer.
template <typename Body>
void stream(const Context& context, int64_t size, Body body) {
  const Slices slices = stream_slices(size);
  context.parallel(slices.count, [&](int64_t i, int) { body(slices.begin(i), slices.end(i) - slices.begin(i)); });
}

// Slices that begin at whole bytes of bits, 64 elements to a step.
template <typename Body>
void stream_bits(const Context& context, int64_t size, Body body) {
  const Slices slices(ceil_div(size, 64), (size >= kStreamedSize ? kStreamedSlice : kStreamSlice) / 64);
  context.parallel(slices.count, [&](int64_t i, int) {
    const int64_t begin = slices.begin(i) * 64;
    body(begin, std::min(size, slices.end(i) * 64) - begin);
  });
}

// Calls body(offsets of the row) over all rows of a shape, a few thousand elements to a slice at least.
template <typename Body>
void for_rows(const Context& context, const StridedShape<3>& shape, Body body) {
  const Slices slices(shape.rows(), std::max<int64_t>(1, kStreamSlice / shape.row_length()));
  context.parallel(slices.count, [&](int64_t i, int) {
    for (int64_t row = slices.begin(i); row < slices.end(i); row++) body(shape.offsets(row));
  });
}

Binary swapped(Binary op) {
  switch (op) {
    case Binary::sub:
      return Binary::rsub;
    case Binary::div:
      return Binary::rdiv;
    case Binary::pow:
      return Binary::rpow;
    case Binary::rsub:
      return Binary::sub;
    case Binary::rdiv:
      return Binary::div;
    case Binary::rpow:
      return Binary::pow;
    default:
      return op;
  }
}

// A row whose strides are not 0 or 1: gathered into small dense rows, computed there, scattered back.
void binary_row(const ElementwiseKernels& kernels, Binary op, int64_t length, const float* a, int64_t a_stride,
                const float* b, int64_t b_stride, float* output, int64_t output_stride) {
  constexpr int64_t kRow = 256;
  float a_row[kRow];
  float b_row[kRow];
  for (int64_t begin = 0; begin < length; begin += kRow) {
    const int64_t count = std::min(kRow, length - begin);
    for (int64_t i = 0; i < count; i++) a_row[i] = a[(begin + i) * a_stride];
    for (int64_t i = 0; i < count; i++) b_row[i] = b[(begin + i) * b_stride];
    kernels.binary[static_cast<int>(op)](count, a_row, b_row, a_row);
    for (int64_t i = 0; i < count; i++) output[(begin + i) * output_stride] = a_row[i];
  }
}

}  // namespace

void fill(const Context& context, int64_t size, float value, float* output) {
  stream(context, size,
         [&](int64_t begin, int64_t length) { context.kernels->elementwise.fill(length, value, output + begin); });
}

void unary(const Context& context, Unary op, int64_t size, const float* input, float* output) {
  const auto kernel = context.kernels->elementwise.unary[static_cast<int>(op)];
  stream(context, size, [&](int64_t begin, int64_t length) { kernel(length, input + begin, output + begin); });
}

void binary(const Context& context, Binary op, int64_t size, const float* a, const float* b, float* output) {
  const auto kernel = context.kernels->elementwise.binary[static_cast<int>(op)];
  stream(context, size, [&](int64_t begin, int64_t length) { kernel(length, a + begin, b + begin, output + begin); });
}

void binary_scalar(const Context& context, Binary op, int64_t size, const float* a, float b, float* output) {
  const auto kernel = context.kernels->elementwise.scalar[static_cast<int>(op)];
  stream(context, size, [&](int64_t begin, int64_t length) { kernel(length, a + begin, b, output + begin); });
}

void binary_strided(const Context& context, Binary op, StridedShape<3> shape, const float* a, const float* b,
                    float* output) {
  shape.innermost_along(2);
  const ElementwiseKernels& kernels = context.kernels->elementwise;
  const int64_t length = shape.row_length();
  const int64_t a_stride = shape.row_stride(0);
  const int64_t b_stride = shape.row_stride(1);
  const int64_t output_stride = shape.row_stride(2);
  const bool dense = output_stride == 1;
  for_rows(context, shape, [&](const std::array<int64_t, 3>& at) {
    const float* a_row = a + at[0];
    const float* b_row = b + at[1];
    float* output_row = output + at[2];
    if (dense && a_stride == 1 && b_stride == 1) {
      kernels.binary[static_cast<int>(op)](length, a_row, b_row, output_row);
    } else if (dense && a_stride == 1 && b_stride == 0) {
      kernels.scalar[static_cast<int>(op)](length, a_row, *b_row, output_row);
    } else if (dense && a_stride == 0 && b_stride == 1) {
      kernels.scalar[static_cast<int>(swapped(op))](length, b_row, *a_row, output_row);
    } else {
      binary_row(kernels, op, length, a_row, a_stride, b_row, b_stride, output_row, output_stride);
    }
  });
}

void compare_strided(const Context& context, Compare op, StridedShape<3> shape, const float* a, const float* b,
                     uint8_t* output) {
  shape.innermost_along(2);
  const auto kernel = context.kernels->compare.compare[static_cast<int>(op)];
  for_rows(context, shape, [&](const std::array<int64_t, 3>& at) {
    kernel(shape.row_length(), a + at[0], shape.row_stride(0), b + at[1], shape.row_stride(1), output + at[2],
           shape.row_stride(2));
  });
}

void relu_forward(const Context& context, int64_t size, const float* input, const float* residual, float* output,
                  uint8_t* bits) {
  stream_bits(context, size, [&](int64_t begin, int64_t length) {
    context.kernels->relu.forward(length, input + begin, residual == nullptr ? nullptr : residual + begin,
                                  output + begin, bits == nullptr ? nullptr : bits + begin / 8);
  });
}

void relu_backward(const Context& context, int64_t size, const float* output, const float* grad_output,
                   float* grad_input) {
  stream(context, size, [&](int64_t begin, int64_t length) {
    context.kernels->relu.backward(length, output + begin, grad_output + begin, grad_input + begin);
  });
}

void relu_bits_backward(const Context& context, int64_t size, const uint8_t* bits, const float* grad_output,
                        float* grad_input) {
  stream_bits(context, size, [&](int64_t begin, int64_t length) {
    context.kernels->relu.backward_bits(length, bits + begin / 8, grad_output + begin, grad_input + begin);
  });
}

}  // namespace strided
