#include "reduce.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace strided {
namespace {

// A long row is summed in parts of fixed length whose sums are added in order.
template <typename Part>
double row_in_parts(const Context& context, int64_t size, Part part) {
  const Slices slices(size, kStreamSlice);
  if (slices.count == 1) return part(int64_t{0}, size);
  const Workspace<double> sums(context, slices.count);
  context.parallel(slices.count,
                   [&](int64_t i, int) { sums.get()[i] = part(slices.begin(i), slices.end(i) - slices.begin(i)); });
  double total = 0;
  for (int64_t i = 0; i < slices.count; i++) total += sums.get()[i];
  return total;
}

// How to reduce one row; inside a slice the context has one thread.
float reduce_row(const Context& context, const ReduceProblem& p, const float* row) {
  const ReduceKernels& kernels = context.kernels->reduce;
  const double size = static_cast<double>(p.size);
  auto sum = [&] {
    return row_in_parts(context, p.size,
                        [&](int64_t begin, int64_t length) { return kernels.row_sum(length, row + begin); });
  };
  switch (p.op) {
    case Reduce::sum:
      return static_cast<float>(sum());
    case Reduce::mean:
      return static_cast<float>(sum() / size);
    case Reduce::var: {
      const double mean = sum() / size;
      const float center = static_cast<float>(mean);
      const double squares = row_in_parts(context, p.size, [&](int64_t begin, int64_t length) {
        return kernels.row_deviation(length, row + begin, center);
      });
      // Σ(x - m)² = Σ(x - c)² - n (m - c)² for the rounded center c. The order in max keeps a NaN.
      const double rounding = mean - static_cast<double>(center);
      return static_cast<float>(std::max(squares - size * rounding * rounding, 0.0) /
                                std::max(0.0, size - p.correction));
    }
    case Reduce::max:
      return row[kernels.row_argmax(p.size, row)];
    default:
      return row[kernels.row_argmin(p.size, row)];
  }
}

void reduce_rows(const Context& context, const ReduceProblem& p, const float* input, void* output) {
  const ReduceKernels& kernels = context.kernels->reduce;
  auto one = [&](const Context& inner, int64_t i) {
    const float* row = input + i * p.size;
    if (p.op == Reduce::argmax) {
      static_cast<int32_t*>(output)[i] = static_cast<int32_t>(kernels.row_argmax(p.size, row));
    } else if (p.op == Reduce::argmin) {
      static_cast<int32_t*>(output)[i] = static_cast<int32_t>(kernels.row_argmin(p.size, row));
    } else {
      static_cast<float*>(output)[i] = reduce_row(inner, p, row);
    }
  };
  if (p.outer == 1 || p.size > kStreamSlice) {
    for (int64_t i = 0; i < p.outer; i++) one(context, i);
    return;
  }
  // Rows here are single parts: reduce_row opens no loop and takes no memory.
  const Slices slices(p.outer, std::max<int64_t>(1, kStreamSlice / p.size));
  context.parallel(slices.count, [&](int64_t slice, int) {
    for (int64_t i = slices.begin(slice); i < slices.end(slice); i++) one(context, i);
  });
}

void scale(float* values, int64_t count, double factor) {
  for (int64_t i = 0; i < count; i++) values[i] = static_cast<float>(values[i] * factor);
}

// Columns [column, column + count) of one outer block.
void reduce_columns(const KernelTable& table, const ReduceProblem& p, int64_t count, const float* input, void* output) {
  const ReduceKernels& kernels = table.reduce;
  float* values = static_cast<float*>(output);
  const double size = static_cast<double>(p.size);
  switch (p.op) {
    case Reduce::sum:
    case Reduce::mean:
      kernels.column_sum(p.size, p.inner, count, input, values);
      if (p.op == Reduce::mean) scale(values, count, 1 / size);
      return;
    case Reduce::var: {
      constexpr int64_t kColumns = 256;
      float center[kColumns];
      for (int64_t j = 0; j < count; j += kColumns) {
        const int64_t some = std::min(kColumns, count - j);
        kernels.column_sum(p.size, p.inner, some, input + j, center);
        scale(center, some, 1 / size);
        kernels.column_deviation(p.size, p.inner, some, input + j, center, values + j);
      }
      scale(values, count, 1 / std::max(0.0, size - p.correction));
      return;
    }
    case Reduce::argmax:
      return kernels.column_argmax(p.size, p.inner, count, input, static_cast<int32_t*>(output));
    case Reduce::argmin:
      return kernels.column_argmin(p.size, p.inner, count, input, static_cast<int32_t*>(output));
    default: {
      // Positions first, in the output's own memory; then what stands there.
      int32_t* positions = static_cast<int32_t*>(output);
      (p.op == Reduce::max ? kernels.column_argmax : kernels.column_argmin)(p.size, p.inner, count, input, positions);
      for (int64_t j = 0; j < count; j++) {
        int32_t position;
        std::memcpy(&position, positions + j, sizeof position);
        std::memcpy(values + j, input + position * p.inner + j, sizeof(float));
      }
    }
  }
}

}  // namespace

void reduce(const Context& context, const ReduceProblem& p, const float* input, void* output) {
  if (p.size == 0) {
    // Only sum, mean and var get here: 0, and 0 / 0.
    const float value = p.op == Reduce::sum ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    std::fill_n(static_cast<float*>(output), p.outer * p.inner, value);
    return;
  }
  if (p.inner == 1) return reduce_rows(context, p, input, output);
  const Slices columns(p.inner, std::max<int64_t>(64, kStreamSlice / p.size));
  context.parallel(p.outer * columns.count, [&](int64_t slice, int) {
    const int64_t outer = slice / columns.count;
    const int64_t begin = columns.begin(slice % columns.count);
    const int64_t end = columns.end(slice % columns.count);
    // Both output types have 4 bytes.
    reduce_columns(*context.kernels, p, end - begin, input + outer * p.size * p.inner + begin,
                   static_cast<float*>(output) + outer * p.inner + begin);
  });
}

}  // namespace strided
