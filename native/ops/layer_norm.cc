#include "layer_norm.h"

#include <algorithm>
#include <cmath>

namespace strided {
namespace {

// Elements of a row that one thread normalizes while they are in its second-level cache: 1 MB.
constexpr int64_t kCachedRow = 1 << 18;
// Rows from which on every thread of a large machine finds one; fewer long ones are cut.
constexpr int64_t kManyRows = 16;
// Elements of a row whose two sums for the gradients of weight and bias stay in the first-level cache: 32 KB.
constexpr int64_t kSummedRow = 1 << 12;
// Rows that a column sums in float before the sum moves to double.
constexpr int64_t kFloatRows = 256;
// Partial gradients of weight and bias: their memory stays far below that of the rows.
constexpr int64_t kMaxParts = 64;
// Columns of a slice of long rows: enough for whole pages of memory.
constexpr int64_t kColumns = 1 << 12;

struct Pass {
  const LayerNormProblem& p;
  const LayerNormKernels& kernels;
  bool centred;
  const float* weight;
  // 1 / size
  double share;

  Pass(const Context& context, const LayerNormProblem& problem, const LayerNormStats& saved, const float* w)
      : p(problem),
        kernels(context.kernels->layer_norm),
        centred(saved.mean != nullptr),
        weight(w),
        share(1 / static_cast<double>(problem.size)) {}

  RowMoments moments(int64_t size, const float* input) const {
    return (centred ? kernels.moments : kernels.squares)(size, input);
  }

  RowStats statistics(const RowMoments& moments, const LayerNormStats& saved, int64_t row) const {
    // A NaN stays, though no comparison holds for it.
    const double variance = moments.squares < 0 ? 0 : moments.squares * share;
    const double rstd = 1 / std::sqrt(variance + p.eps);
    const float mean = static_cast<float>(moments.mean);
    if (centred) saved.mean[row] = mean;
    saved.rstd[row] = static_cast<float>(rstd);
    return {mean, static_cast<float>(rstd), static_cast<float>((mean - moments.mean) * rstd)};
  }

  RowStats saved_statistics(const LayerNormStats& saved, int64_t row) const {
    return {centred ? saved.mean[row] : 0.0f, saved.rstd[row], 0.0f};
  }

  Slices rows() const {
    return Slices(p.rows, std::max(std::max<int64_t>(1, kStreamSlice / p.size), ceil_div(p.rows, kMaxParts)));
  }
  Slices parts() const { return Slices(p.size, kStreamSlice); }
};

// Gradients of columns [begin, begin + columns) of one row after the other, and the sums over them that the gradients
// of weight and bias are: in float over kFloatRows, then in double.
struct ColumnGradients {
  const Pass& pass;
  const LayerNormGrads& grads;
  int64_t begin, columns;
  float* block;    // [2 * columns]
  double* totals;  // [2 * columns]
  int64_t pending = 0;

  void start() {
    std::fill_n(block, 2 * columns, 0.0f);
    std::fill_n(totals, 2 * columns, 0.0);
  }

  // Of `count` whole rows.
  void add_rows(int64_t row, int64_t count, const LayerNormStats& saved, const float* input, const float* grad_output) {
    const int64_t at = row * columns;
    pass.kernels.backward(count, columns, input + at, grad_output + at, pass.centred ? saved.mean + row : nullptr,
                          saved.rstd + row, pass.weight, grads.input + at, weight_block(), bias_block());
    flush();
  }

  // Of the columns of one row, whose dots are known.
  void add(int64_t row, const RowStats& stats, const RowDots& dots, const float* input, const float* grad_output) {
    const int64_t at = row * pass.p.size + begin;
    pass.kernels.gradient(columns, stats, dots, pass.share, input + at, grad_output + at,
                          pass.weight == nullptr ? nullptr : pass.weight + begin, grads.input + at, weight_block(),
                          bias_block());
    if (++pending == kFloatRows) flush();
  }

  float* weight_block() const { return grads.weight == nullptr ? nullptr : block; }
  float* bias_block() const { return grads.bias == nullptr ? nullptr : block + columns; }

  void flush() {
    for (int64_t j = 0; j < 2 * columns; j++) totals[j] += block[j];
    std::fill_n(block, 2 * columns, 0.0f);
    pending = 0;
  }
};

void store_totals(const double* totals, int64_t begin, int64_t columns, const LayerNormGrads& grads) {
  for (int64_t j = 0; j < columns; j++) {
    if (grads.weight != nullptr) grads.weight[begin + j] = static_cast<float>(totals[j]);
    if (grads.bias != nullptr) grads.bias[begin + j] = static_cast<float>(totals[columns + j]);
  }
}

// Short rows: each comes from memory once, for its own gradient and for the sums of its slice.
void backward_short(const Context& context, const Pass& pass, const float* input, const float* grad_output,
                    const LayerNormStats& saved, const LayerNormGrads& grads) {
  const int64_t size = pass.p.size;
  const Slices slices = pass.rows();
  const ThreadWorkspace<float> blocks(context, 2 * size);
  const Workspace<double> totals(context, 2 * size * slices.count);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    ColumnGradients columns{pass, grads, 0, size, blocks.get(thread), totals.get() + 2 * size * slice};
    columns.start();
    for (int64_t row = slices.begin(slice); row < slices.end(slice); row += kFloatRows) {
      columns.add_rows(row, std::min(kFloatRows, slices.end(slice) - row), saved, input, grad_output);
    }
  });
  for (int64_t i = 1; i < slices.count; i++) {
    for (int64_t j = 0; j < 2 * size; j++) totals.get()[j] += totals.get()[2 * size * i + j];
  }
  store_totals(totals.get(), 0, size, grads);
}

// Long rows: first the dots of each, by its parts; then gradients and sums together by columns of all rows.
void backward_long(const Context& context, const Pass& pass, const float* input, const float* grad_output,
                   const LayerNormStats& saved, const LayerNormGrads& grads) {
  const int64_t rows = pass.p.rows;
  const int64_t size = pass.p.size;
  const Slices parts = pass.parts();
  const Workspace<RowDots> dots(context, rows * parts.count);
  context.parallel(rows * parts.count, [&](int64_t slice, int) {
    const int64_t row = slice / parts.count;
    const int64_t begin = parts.begin(slice % parts.count);
    const int64_t at = row * size + begin;
    const float* w = pass.weight == nullptr ? nullptr : pass.weight + begin;
    dots.get()[slice] = pass.kernels.dots(parts.end(slice % parts.count) - begin, pass.saved_statistics(saved, row),
                                          input + at, grad_output + at, w);
  });
  for (int64_t row = 0; row < rows; row++) {
    RowDots& total = dots.get()[row];
    total = dots.get()[row * parts.count];
    for (int64_t i = 1; i < parts.count; i++) {
      total.sum += dots.get()[row * parts.count + i].sum;
      total.dot += dots.get()[row * parts.count + i].dot;
    }
    if (!pass.centred) total.sum = 0;
  }
  const Slices slices(size, kColumns);
  const ThreadWorkspace<float> blocks(context, 2 * kColumns);
  const ThreadWorkspace<double> totals(context, 2 * kColumns);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    const int64_t begin = slices.begin(slice);
    const int64_t width = slices.end(slice) - begin;
    ColumnGradients columns{pass, grads, begin, width, blocks.get(thread), totals.get(thread)};
    columns.start();
    for (int64_t row = 0; row < rows; row++) {
      columns.add(row, pass.saved_statistics(saved, row), dots.get()[row], input, grad_output);
    }
    columns.flush();
    store_totals(totals.get(thread), begin, width, grads);
  });
}

}  // namespace

void layer_norm_forward(const Context& context, const LayerNormProblem& p, const float* input, const float* weight,
                        const float* bias, const LayerNormStats& saved, float* output) {
  const Pass pass(context, p, saved, weight);
  const auto part_of = [](const float* values, int64_t at) { return values == nullptr ? nullptr : values + at; };
  if (p.size <= kStreamSlice || (p.size <= kCachedRow && p.rows >= kManyRows)) {
    const Slices slices = pass.rows();
    return context.parallel(slices.count, [&](int64_t slice, int) {
      for (int64_t row = slices.begin(slice); row < slices.end(slice); row++) {
        const float* from = input + row * p.size;
        const RowStats stats = pass.statistics(pass.moments(p.size, from), saved, row);
        pass.kernels.apply(p.size, stats, from, weight, bias, output + row * p.size);
      }
    });
  }
  const Slices parts = pass.parts();
  const Workspace<RowMoments> moments(context, p.rows * parts.count);
  const Workspace<RowStats> stats(context, p.rows);
  context.parallel(p.rows * parts.count, [&](int64_t slice, int) {
    const int64_t begin = parts.begin(slice % parts.count);
    moments.get()[slice] =
        pass.moments(parts.end(slice % parts.count) - begin, input + slice / parts.count * p.size + begin);
  });
  for (int64_t row = 0; row < p.rows; row++) {
    RowMoments total{0, 0};
    for (int64_t i = 0; i < parts.count; i++) {
      const RowMoments& part = moments.get()[row * parts.count + i];
      const double before = static_cast<double>(parts.begin(i));
      const double added = static_cast<double>(parts.end(i)) - before;
      const double delta = part.mean - total.mean;
      total.mean += delta * added / (before + added);
      total.squares += part.squares + delta * delta * before * added / (before + added);
    }
    stats.get()[row] = pass.statistics(total, saved, row);
  }
  context.parallel(p.rows * parts.count, [&](int64_t i, int) {
    // The last parts first: they were read last and are still in cache.
    const int64_t slice = p.rows * parts.count - 1 - i;
    const int64_t row = slice / parts.count;
    const int64_t begin = parts.begin(slice % parts.count);
    const int64_t at = row * p.size + begin;
    pass.kernels.apply(parts.end(slice % parts.count) - begin, stats.get()[row], input + at, part_of(weight, begin),
                       part_of(bias, begin), output + at);
  });
}

void layer_norm_backward(const Context& context, const LayerNormProblem& p, const float* input,
                         const float* grad_output, const LayerNormStats& saved, const float* weight,
                         const LayerNormGrads& grads) {
  const Pass pass(context, p, saved, weight);
  (p.size <= kSummedRow ? backward_short : backward_long)(context, pass, input, grad_output, saved, grads);
}

}  // namespace strided
