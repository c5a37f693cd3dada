#include "../ops/matmul.h"

#include "ops.h"

namespace strided::binding {
namespace {

// Elements that an operand's matrices span over all batch dimensions.
int64_t extent(int64_t matrix, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  if (shape.size() != strides.size()) throw ArgumentError{"batch strides must have one entry a batch dimension"};
  int64_t result = matrix;
  for (size_t d = 0; d < shape.size(); d++) {
    if (shape[d] == 0) return 0;
    const int64_t reach = product({shape[d] - 1, strides[d]});
    result = reach > INT64_MAX - result ? INT64_MAX : result + reach;
  }
  return result;
}

}  // namespace

void matmul(Call& call) {
  const Fields fields = call.problem();
  MatmulProblem p;
  p.m = fields.integer("m");
  p.k = fields.integer("k");
  p.n = fields.integer("n");
  p.transpose_a = fields.boolean("transposeA");
  p.transpose_b = fields.boolean("transposeB");
  p.batch_shape = fields.integers("batchShape");
  p.a_batch_strides = fields.integers("aBatchStrides");
  p.b_batch_strides = fields.integers("bBatchStrides");
  int64_t output_size = product({p.m, p.n});
  for (const int64_t size : p.batch_shape) output_size = product({output_size, size});
  const float* a = call.floats(extent(product({p.m, p.k}), p.batch_shape, p.a_batch_strides));
  const float* b = call.floats(extent(product({p.k, p.n}), p.batch_shape, p.b_batch_strides));
  float* output = call.floats(output_size);
  if (output_size > 0) call.run(strided::matmul, p, a, b, output);
}

}  // namespace strided::binding
