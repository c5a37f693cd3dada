#include "../ops/reduce.h"

#include "ops.h"

namespace strided::binding {

void reduce(Call& call) {
  const Fields fields = call.problem();
  ReduceProblem p{};
  p.op = static_cast<Reduce>(fields.choice("op", {"sum", "mean", "var", "max", "min", "argmax", "argmin"}));
  p.outer = fields.integer("outer");
  p.size = fields.integer("size");
  p.inner = fields.integer("inner");
  p.correction = fields.number("correction");
  if (p.size == 0 && p.op > Reduce::var) throw ArgumentError{"an empty dimension has no extremum"};
  if (p.size > INT32_MAX) throw ArgumentError{"size is over 2^31"};
  const float* input = call.floats(product({p.outer, p.size, p.inner}));
  void* output = call.floats(product({p.outer, p.inner}));
  call.run(strided::reduce, p, input, output);
}

}  // namespace strided::binding
