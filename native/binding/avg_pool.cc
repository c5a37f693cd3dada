#include "../ops/avg_pool.h"

#include "ops.h"
#include "pool.h"

namespace strided::binding {
namespace {

struct AvgPool {
  PoolProblem problem;
  AvgDivisor divisor;
};

AvgPool read_avg_pool(Call& call) {
  const Fields f = call.problem();
  return {read_pool(f, false), {f.number("divisor"), f.boolean("excludePad") ? Counted::inside : Counted::padded}};
}

AvgPool read_adaptive(Call& call) { return {read_adaptive_pool(call.problem()), {0, Counted::inside}}; }

void forward(Call& call, const AvgPool& p) {
  const float* input = call.floats(pool_inputs(p.problem));
  call.run(strided::avg_pool_forward, p.problem, p.divisor, input, call.floats(pool_outputs(p.problem)));
}

void backward(Call& call, const AvgPool& p) {
  const float* grad_output = call.floats(pool_outputs(p.problem));
  call.run(strided::avg_pool_backward, p.problem, p.divisor, grad_output, call.floats(pool_inputs(p.problem)));
}

}  // namespace

void avg_pool_forward(Call& call) { forward(call, read_avg_pool(call)); }
void avg_pool_backward(Call& call) { backward(call, read_avg_pool(call)); }
void adaptive_avg_pool_forward(Call& call) { forward(call, read_adaptive(call)); }
void adaptive_avg_pool_backward(Call& call) { backward(call, read_adaptive(call)); }

}  // namespace strided::binding
