// Element-wise ops over dense buffers and over broadcast, strided ones.
#pragma once

#include "context.h"
#include "strided.h"

namespace strided {

void fill(const Context& context, int64_t size, float value, float* output);
void unary(const Context& context, Unary op, int64_t size, const float* input, float* output);
void binary(const Context& context, Binary op, int64_t size, const float* a, const float* b, float* output);
void binary_scalar(const Context& context, Binary op, int64_t size, const float* a, float b, float* output);
// Buffers of the shape: a, b, output.
void binary_strided(const Context& context, Binary op, StridedShape<3> shape, const float* a, const float* b,
                    float* output);
void compare_strided(const Context& context, Compare op, StridedShape<3> shape, const float* a, const float* b,
                     uint8_t* output);
// residual and bits may be null.
void relu_forward(const Context& context, int64_t size, const float* input, const float* residual, float* output,
                  uint8_t* bits);
void relu_backward(const Context& context, int64_t size, const float* output, const float* grad_output,
                   float* grad_input);
void relu_bits_backward(const Context& context, int64_t size, const uint8_t* bits, const float* grad_output,
                        float* grad_input);

}  // namespace strided
