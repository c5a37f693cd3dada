#include "../ops/copy.h"

#include "ops.h"
#include "strides.h"

namespace strided::binding {
namespace {

DType dtype(const Fields& problem, const char* name) {
  return static_cast<DType>(problem.choice(name, {"float32", "int32", "uint8", "int64"}));
}

}  // namespace

void copy(Call& call) {
  const Fields problem = call.problem();
  const int64_t item = problem.integer("itemSize", 1);
  if (item != 1 && item != 4 && item != 8) throw ArgumentError{"itemSize must be 1, 4 or 8"};
  const StridedOperands<2> operands = read_strides<2>(problem, {"inputStrides", "outputStrides"});
  const void* input = call.buffer<char>(product({operands.extent[0], item}));
  void* output = call.buffer<char>(product({operands.extent[1], item}));
  if (!operands.empty) call.run(strided::copy, item, operands.shape, input, output);
}

void cast(Call& call) {
  const Fields problem = call.problem();
  const int64_t size = problem.integer("size");
  const DType from = dtype(problem, "from");
  const DType to = dtype(problem, "to");
  const void* input = call.buffer<char>(product({size, item_size(from)}));
  call.run(strided::cast, size, from, to, input, call.buffer<char>(product({size, item_size(to)})));
}

void gather_rows(Call& call) {
  const Fields problem = call.problem();
  const int64_t rows = problem.integer("rows");
  const int64_t source_rows = problem.integer("sourceRows");
  const int64_t row_bytes = problem.integer("rowBytes");
  const void* input = call.buffer<char>(product({source_rows, row_bytes}));
  const int32_t* indices = call.buffer<int32_t>(rows);
  void* output = call.buffer<char>(product({rows, row_bytes}));
  call.run([=](const Context& context) {
    const int64_t bad = find_bad_index(rows, source_rows, indices);
    if (bad >= 0) {
      throw ArgumentError{"index " + std::to_string(indices[bad]) + " at position " + std::to_string(bad) +
                          " is outside the " + std::to_string(source_rows) + " rows"};
    }
    strided::gather_rows(context, rows, row_bytes, input, indices, output);
  });
}

}  // namespace strided::binding
