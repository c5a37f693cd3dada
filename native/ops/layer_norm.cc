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
// Columns of a slice of long rows: a page of memory, and their sums and weights fit into the first-level cache.
constexpr int64_t kColumns = 1 << 11;
// The least eps that a float holds to its full precision.
constexpr double kLeastEps = 1e-37;
// Parts of a row that begin where its cache lines do.
struct Parts {
  static constexpr int64_t kLine = 16;
  Slices lines;
  int64_t size, count;

  Parts(int64_t total, int64_t target)
      : lines(ceil_div(total, kLine), target / kLine), size(total), count(lines.count) {}
  int64_t begin(int64_t i) const { return lines.begin(i) * kLine; }
  int64_t length(int64_t i) const { return std::min(size, lines.end(i) * kLine) - begin(i); }
};

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
  Parts parts() const { return Parts(p.size, kStreamSlice); }

  // Whether an output is to pass the caches: it is larger than they are and was not read.
  bool streams(const float* output, const float* read) const {
    return p.rows * p.size >= kStreamedSize && output != read;
  }
  // The same where rows have to begin on cache lines.
  bool streams_lines(const float* output, const float* read) const {
    return streams(output, read) && p.size % Parts::kLine == 0 && reinterpret_cast<uintptr_t>(output) % 64 == 0;
  }
};

// The sums over rows that the gradients of weight and bias are, by column: in float over kFloatRows, then in double.
struct ColumnSums {
  int64_t columns;
  float* block;    // [2 * columns]
  double* totals;  // [2 * columns]

  void start() const {
    std::fill_n(block, 2 * columns, 0.0f);
    std::fill_n(totals, 2 * columns, 0.0);
  }
  void flush() const {
    for (int64_t j = 0; j < 2 * columns; j++) totals[j] += block[j];
    std::fill_n(block, 2 * columns, 0.0f);
  }
  float* weight(const LayerNormGrads& grads) const { return grads.weight == nullptr ? nullptr : block; }
  float* bias(const LayerNormGrads& grads) const { return grads.bias == nullptr ? nullptr : block + columns; }
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
  const bool streamed = pass.streams_lines(grads.input, grad_output);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    const ColumnSums sums{size, blocks.get(thread), totals.get() + 2 * size * slice};
    sums.start();
    for (int64_t row = slices.begin(slice); row < slices.end(slice); row += kFloatRows) {
      const int64_t count = std::min(kFloatRows, slices.end(slice) - row);
      const int64_t at = row * size;
      pass.kernels.backward({count, size, size, nullptr, nullptr, pass.share, input + at, grad_output + at, pass.weight,
                             grads.input + at, sums.weight(grads), sums.bias(grads), streamed},
                            pass.centred ? saved.mean + row : nullptr, saved.rstd + row);
      sums.flush();
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
  const Parts parts = pass.parts();
  const Workspace<RowDots> partial(context, rows * parts.count);
  const Workspace<RowStats> stats(context, rows);
  const Workspace<RowDots> dots(context, rows);
  for (int64_t row = 0; row < rows; row++) stats.get()[row] = pass.saved_statistics(saved, row);
  context.parallel(rows * parts.count, [&](int64_t slice, int) {
    const int64_t row = slice / parts.count;
    const int64_t begin = parts.begin(slice % parts.count);
    const int64_t at = row * size + begin;
    const float* w = pass.weight == nullptr ? nullptr : pass.weight + begin;
    partial.get()[slice] =
        pass.kernels.dots(parts.length(slice % parts.count), stats.get()[row], input + at, grad_output + at, w);
  });
  for (int64_t row = 0; row < rows; row++) {
    RowDots total{0, 0};
    for (int64_t i = row * parts.count; i < (row + 1) * parts.count; i++) {
      total.sum += partial.get()[i].sum;
      total.dot += partial.get()[i].dot;
    }
    dots.get()[row] = {pass.centred ? total.sum : 0.0, total.dot};
  }
  const Parts slices(size, kColumns);
  const ThreadWorkspace<float> blocks(context, 2 * kColumns);
  const ThreadWorkspace<double> totals(context, 2 * kColumns);
  const bool streamed = pass.streams_lines(grads.input, grad_output);
  context.parallel(slices.count, [&](int64_t slice, int thread) {
    const int64_t begin = slices.begin(slice);
    const ColumnSums sums{slices.length(slice), blocks.get(thread), totals.get(thread)};
    sums.start();
    for (int64_t row = 0; row < rows; row += kFloatRows) {
      const int64_t at = row * size + begin;
      const float* w = pass.weight == nullptr ? nullptr : pass.weight + begin;
      pass.kernels.gradient({std::min(kFloatRows, rows - row), sums.columns, size, stats.get() + row, dots.get() + row,
                             pass.share, input + at, grad_output + at, w, grads.input + at, sums.weight(grads),
                             sums.bias(grads), streamed});
      sums.flush();
    }
    store_totals(totals.get(thread), begin, sums.columns, grads);
  });
}

}  // namespace

void layer_norm_forward(const Context& context, const LayerNormProblem& p, const float* input, const float* weight,
                        const float* bias, const LayerNormStats& saved, float* output) {
  const Pass pass(context, p, saved, weight);
  const auto part_of = [](const float* values, int64_t at) { return values == nullptr ? nullptr : values + at; };
  const bool streamed = pass.streams(output, input);
  if (p.size <= kShortRow && p.eps >= kLeastEps) {
    const Slices slices = pass.rows();
    return context.parallel(slices.count, [&](int64_t slice, int) {
      const int64_t row = slices.begin(slice);
      const int64_t at = row * p.size;
      pass.kernels.forward({slices.end(slice) - row, p.size, static_cast<float>(p.eps), input + at, weight, bias,
                            pass.centred ? saved.mean + row : nullptr, saved.rstd + row, output + at, streamed});
    });
  }
  if (p.size <= kStreamSlice || (p.size <= kCachedRow && p.rows >= kManyRows)) {
    const Slices slices = pass.rows();
    return context.parallel(slices.count, [&](int64_t slice, int) {
      for (int64_t row = slices.begin(slice); row < slices.end(slice); row++) {
        const float* from = input + row * p.size;
        const RowStats stats = pass.statistics(pass.moments(p.size, from), saved, row);
        pass.kernels.apply(p.size, stats, from, weight, bias, output + row * p.size, streamed);
      }
      pass.kernels.end_apply();
    });
  }
  const Parts parts = pass.parts();
  const Workspace<RowMoments> moments(context, p.rows * parts.count);
  const Workspace<RowStats> stats(context, p.rows);
  context.parallel(p.rows * parts.count, [&](int64_t slice, int) {
    const int64_t at = slice / parts.count * p.size + parts.begin(slice % parts.count);
    moments.get()[slice] = pass.moments(parts.length(slice % parts.count), input + at);
  });
  for (int64_t row = 0; row < p.rows; row++) {
    RowMoments total{0, 0};
    for (int64_t i = 0; i < parts.count; i++) {
      const RowMoments& part = moments.get()[row * parts.count + i];
      const double before = static_cast<double>(parts.begin(i));
      const double added = static_cast<double>(parts.length(i));
      const double delta = part.mean - total.mean;
      total.mean += delta * added / (before + added);
      total.squares += part.squares + delta * delta * before * added / (before + added);
    }
    stats.get()[row] = pass.statistics(total, saved, row);
  }
  context.parallel_backwards(p.rows * parts.count, [&](int64_t slice, int) {
    const int64_t row = slice / parts.count;
    const int64_t begin = parts.begin(slice % parts.count);
    const int64_t at = row * p.size + begin;
    pass.kernels.apply(parts.length(slice % parts.count), stats.get()[row], input + at, part_of(weight, begin),
                       part_of(bias, begin), output + at, streamed);
    pass.kernels.end_apply();
  });
}

void layer_norm_backward(const Context& context, const LayerNormProblem& p, const float* input,
                         const float* grad_output, const LayerNormStats& saved, const float* weight,
                         const LayerNormGrads& grads) {
  const Pass pass(context, p, saved, weight);
  (p.size <= kSummedRow ? backward_short : backward_long)(context, pass, input, grad_output, saved, grads);
}

}  // namespace strided
