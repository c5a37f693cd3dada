#include "../ops/elementwise.h"

#include "ops.h"
#include "strides.h"

namespace strided::binding {
namespace {

Unary unary_op(Call& call) {
  return static_cast<Unary>(call.choice({"neg", "abs", "exp", "log", "sqrt", "square", "reciprocal", "sign", "floor"}));
}

Binary binary_op(Call& call) {
  return static_cast<Binary>(
      call.choice({"add", "sub", "mul", "div", "pow", "maximum", "minimum", "rsub", "rdiv", "rpow"}));
}

Compare compare_op(Call& call) { return static_cast<Compare>(call.choice({"eq", "ne", "lt", "le", "gt", "ge"})); }

// Bytes that hold a bit for each element.
int64_t bytes_for(int64_t size) { return size / 8 + (size % 8 != 0); }

StridedOperands<3> operands(Call& call) {
  return read_strides<3>(call.problem(), {"aStrides", "bStrides", "outputStrides"});
}

}  // namespace

void fill(Call& call) {
  const int64_t size = call.integer();
  const float value = static_cast<float>(call.number());
  call.run(strided::fill, size, value, call.floats(size));
}

void unary(Call& call) {
  const Unary op = unary_op(call);
  const int64_t size = call.integer();
  const float* input = call.floats(size);
  call.run(strided::unary, op, size, input, call.floats(size));
}

void binary(Call& call) {
  const Binary op = binary_op(call);
  const int64_t size = call.integer();
  const float* a = call.floats(size);
  const float* b = call.floats(size);
  call.run(strided::binary, op, size, a, b, call.floats(size));
}

void binary_scalar(Call& call) {
  const Binary op = binary_op(call);
  const int64_t size = call.integer();
  const float* a = call.floats(size);
  const float scalar = static_cast<float>(call.number());
  call.run(strided::binary_scalar, op, size, a, scalar, call.floats(size));
}

void binary_strided(Call& call) {
  const Binary op = binary_op(call);
  const StridedOperands<3> problem = operands(call);
  const float* a = call.floats(problem.extent[0]);
  const float* b = call.floats(problem.extent[1]);
  float* output = call.floats(problem.extent[2]);
  if (!problem.empty) call.run(strided::binary_strided, op, problem.shape, a, b, output);
}

void compare_strided(Call& call) {
  const Compare op = compare_op(call);
  const StridedOperands<3> problem = operands(call);
  const float* a = call.floats(problem.extent[0]);
  const float* b = call.floats(problem.extent[1]);
  uint8_t* output = call.buffer<uint8_t>(problem.extent[2]);
  if (!problem.empty) call.run(strided::compare_strided, op, problem.shape, a, b, output);
}

void relu_forward(Call& call) {
  const int64_t size = call.integer();
  const float* input = call.floats(size);
  call.run(strided::relu_forward, size, input, nullptr, call.floats(size), nullptr);
}

void relu_bits_forward(Call& call) {
  const int64_t size = call.integer();
  const float* input = call.floats(size);
  const float* residual = call.optional_floats(size);
  float* output = call.floats(size);
  uint8_t* bits = call.optional_buffer<uint8_t>(bytes_for(size));
  call.run(strided::relu_forward, size, input, residual, output, bits);
}

void relu_bits_backward(Call& call) {
  const int64_t size = call.integer();
  const uint8_t* bits = call.buffer<uint8_t>(bytes_for(size));
  const float* grad_output = call.floats(size);
  call.run(strided::relu_bits_backward, size, bits, grad_output, call.floats(size));
}

void relu_backward(Call& call) {
  const int64_t size = call.integer();
  const float* output = call.floats(size);
  const float* grad_output = call.floats(size);
  call.run(strided::relu_backward, size, output, grad_output, call.floats(size));
}

}  // namespace strided::binding
