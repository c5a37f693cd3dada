#include "../ops/max_pool.h"

#include "ops.h"
#include "pool.h"

namespace strided::binding {
namespace {

struct MaxPool {
  PoolProblem problem;
  bool positions, relu;
};

MaxPool read_max_pool(Call& call) {
  const Fields f = call.problem();
  const MaxPool p{read_pool(f, true), f.boolean("positions"), f.boolean("relu")};
  if (!p.positions && !fits_taps(p.problem)) throw ArgumentError{"a window of over 255 taps needs positions"};
  return p;
}

}  // namespace

void max_pool_forward(Call& call) {
  const MaxPool p = read_max_pool(call);
  const int64_t outputs = pool_outputs(p.problem);
  const float* input = call.floats(pool_inputs(p.problem));
  float* output = call.floats(outputs);
  uint8_t* taps = p.positions ? nullptr : call.optional_buffer<uint8_t>(outputs);
  int32_t* positions = p.positions ? call.optional_buffer<int32_t>(outputs) : nullptr;
  call.run(strided::max_pool_forward, p.problem, p.relu, input, output, taps, positions);
}

void max_pool_backward(Call& call) {
  const MaxPool p = read_max_pool(call);
  const int64_t outputs = pool_outputs(p.problem);
  const float* grad_output = call.floats(outputs);
  const uint8_t* taps = p.positions ? nullptr : call.buffer<uint8_t>(outputs);
  const int32_t* positions = p.positions ? call.buffer<int32_t>(outputs) : nullptr;
  float* grad_input = call.floats(pool_inputs(p.problem));
  call.run(strided::max_pool_backward, p.problem, grad_output, taps, positions, grad_input);
}

void adaptive_max_pool_forward(Call& call) {
  const PoolProblem p = read_adaptive_pool(call.problem());
  const float* input = call.floats(pool_inputs(p));
  float* output = call.floats(pool_outputs(p));
  int32_t* positions = call.optional_buffer<int32_t>(pool_outputs(p));
  call.run(strided::max_pool_forward, p, false, input, output, nullptr, positions);
}

void adaptive_max_pool_backward(Call& call) {
  const PoolProblem p = read_adaptive_pool(call.problem());
  const float* grad_output = call.floats(pool_outputs(p));
  const int32_t* positions = call.buffer<int32_t>(pool_outputs(p));
  call.run(strided::max_pool_backward, p, grad_output, nullptr, positions, call.floats(pool_inputs(p)));
}

}  // namespace strided::binding
