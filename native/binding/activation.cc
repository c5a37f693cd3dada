#include "../ops/activation.h"

#include "ops.h"

namespace strided::binding {
namespace {

struct Arguments {
  Activation op;
  float a, b;
  int64_t size;
};

Arguments read_arguments(Call& call) {
  Arguments result{};
  result.op = static_cast<Activation>(
      call.choice({"leakyRelu", "elu", "selu", "celu", "sigmoid", "silu", "gelu", "geluTanh", "tanh", "mish",
                   "softplus", "softsign", "hardsigmoid", "hardswish", "hardtanh"}));
  result.a = static_cast<float>(call.number());
  result.b = static_cast<float>(call.number());
  result.size = call.integer();
  return result;
}

}  // namespace

void activation_forward(Call& call) {
  const Arguments p = read_arguments(call);
  const float* input = call.floats(p.size);
  call.run(strided::activation_forward, p.op, p.a, p.b, p.size, input, call.floats(p.size));
}

void activation_backward(Call& call) {
  const Arguments p = read_arguments(call);
  const float* kept = call.floats(p.size);
  const float* grad_output = call.floats(p.size);
  call.run(strided::activation_backward, p.op, p.a, p.b, p.size, kept, grad_output, call.floats(p.size));
}

}  // namespace strided::binding
