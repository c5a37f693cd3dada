#include "../ops/max_unpool.h"

#include "ops.h"
#include "pool.h"

namespace strided::binding {
namespace {

MaxUnpoolProblem read_problem(Call& call) {
  const PoolProblem p = read_adaptive_pool(call.problem());
  return {p.n, p.c, p.inputs(), p.outputs()};
}

}  // namespace

void max_unpool_forward(Call& call) {
  const MaxUnpoolProblem p = read_problem(call);
  const float* input = call.floats(product({p.n, p.small, p.c}));
  const int32_t* positions = call.buffer<int32_t>(product({p.n, p.small, p.c}));
  float* output = call.floats(product({p.n, p.large, p.c}));
  call.returns(static_cast<double>(strided::max_unpool_forward(call.context(), p, input, positions, output)));
}

void max_unpool_backward(Call& call) {
  const MaxUnpoolProblem p = read_problem(call);
  const float* grad_output = call.floats(product({p.n, p.large, p.c}));
  const int32_t* positions = call.buffer<int32_t>(product({p.n, p.small, p.c}));
  call.run(strided::max_unpool_backward, p, grad_output, positions, call.floats(product({p.n, p.small, p.c})));
}

}  // namespace strided::binding
