#include "gemm.h"

#include <algorithm>

#include "panels.h"

namespace strided {
namespace {

// Depth of a packed panel: 512 * 64 floats are 128 KB, an eighth to a quarter of L2, and a tile's 6 rows of a are 12 KB
// of L1.
constexpr int64_t kDepth = 512;
// Rows that share one packing of a panel: with 96 and more, packing costs under 5 % of the products.
constexpr int64_t kRows = 96;
// Packed b that is made at once, at most, and how much of it one slice walks through: a quarter of L2.
constexpr int64_t kPackedFloats = 4 << 20;
constexpr int64_t kGroupFloats = 1 << 16;
// Rows that are worth walking through that.
constexpr int64_t kLeastRows = 48;
// Rows of a transposed a that are put in order at a time: 256 KB of a step.
constexpr int64_t kOrderedRows = 128;
// Floats between them, beyond its own: a power of two would have them share cache sets.
constexpr int64_t kApart = 16;

void pack(const KernelTable& kernels, const Matrix& b, int64_t k, int64_t depth, int64_t column, int64_t columns,
          int64_t width, float* panel) {
  if (b.transposed) {
    kernels.pack.transposed(depth, columns, width, b.data + column * b.stride + k, b.stride, panel);
  } else {
    kernels.pack.rows(depth, columns, width, b.data + k * b.stride + column, b.stride, panel);
  }
}

// The sum is cut into steps of equal depth. An empty sum still has one, which writes the bias or zeros.
Slices steps_of(const GemmProblem& p) { return {p.k, kDepth}; }

// One step of rows [begin, end) of one panel's columns, whose packed share of b stands at `from`.
void panel_step(const KernelTable& kernels, const GemmProblem& p, const Panels& panels, int64_t index, int64_t begin,
                int64_t end, int64_t step, const Matrix& a, const float* from) {
  const int64_t column = panels.first_column(index);
  const Slices steps = steps_of(p);
  const GemmRun run{0, 0, steps.end(step) - steps.begin(step)};
  GemmTile tile{};
  tile.rows = end - begin;
  tile.columns = panels.columns(index);
  tile.units = panels.units(index);
  tile.a = a.data;
  tile.a_row = a.transposed ? 1 : a.stride;
  tile.a_k = a.transposed ? a.stride : 1;
  tile.b = from;
  tile.b_k = panels.width(index);
  tile.runs = &run;
  tile.run_count = 1;
  tile.bias = p.bias == nullptr ? nullptr : p.bias + column;
  tile.accumulate = step > 0;
  tile.relu = p.relu && step + 1 == steps.count;
  tile.c = p.c + begin * p.c_stride + column;
  tile.c_row = p.c_stride;
  (a.transposed ? kernels.gemm.outer : kernels.gemm.panel)(tile);
}

// Rows from `row` on of a, from its element `k` on.
Matrix part_of(const Matrix& a, int64_t row, int64_t k) {
  return {a.data + (a.transposed ? k * a.stride + row : row * a.stride + k), a.stride, a.transposed};
}

// Rows [begin, end) of one panel's columns, which is packed here, a step at a time.
void panel_product(const KernelTable& kernels, const GemmProblem& p, const Panels& panels, int64_t index, int64_t begin,
                   int64_t end, float* scratch) {
  const Slices steps = steps_of(p);
  for (int64_t step = 0; step < steps.count; step++) {
    const int64_t k = steps.begin(step);
    pack(kernels, p.b, k, steps.end(step) - k, panels.first_column(index), panels.columns(index), panels.width(index),
         scratch);
    panel_step(kernels, p, panels, index, begin, end, step, part_of(p.a, begin, k), scratch);
  }
}

// Moments of rows [begin, end) of one panel's columns, which have just been written.
void gather(const GemmProblem& p, const Panels& panels, int64_t index, int64_t part, int64_t begin, int64_t end) {
  if (p.moments == nullptr) return;
  const int64_t column = panels.first_column(index);
  p.moments->add(part, true, column, panels.columns(index),
                 {p.c + begin * p.c_stride + column, 1, end - begin, 0, p.c_stride});
}

// Few rows: each panel is packed where it is used, once.
void gemm_by_panel(const Context& context, const GemmProblem& p, const Panels& panels) {
  const KernelTable& kernels = *context.kernels;
  const int64_t panel_flops = 2 * panels.max_width() * std::max<int64_t>(p.k, 1);
  const Slices rows(p.m, std::max(kRows, kFlopSlice / panel_flops));
  const ThreadWorkspace<float> scratch(context, gemm_workspace(kernels.gemm, p.n, p.k));
  if (p.moments != nullptr) p.moments->begin(rows.count);
  context.parallel(rows.count * panels.count(), [&](int64_t slice, int thread) {
    const int64_t i = slice % rows.count;
    panel_product(kernels, p, panels, slice / rows.count, rows.begin(i), rows.end(i), scratch.get(thread));
    gather(p, panels, slice / rows.count, i, rows.begin(i), rows.end(i));
  });
}

// Rows of a transposed a, put in order once where several groups of panels read them.
void order_rows(const Context& context, const GemmProblem& p, float* ordered) {
  const Slices rows(p.m, kOrderedRows / 2);
  context.parallel(rows.count, [&](int64_t i, int) {
    const int64_t begin = rows.begin(i);
    context.kernels->pack.transposed(rows.end(i) - begin, p.k, p.k + kApart, p.a.data + begin, p.a.stride,
                                     ordered + begin * (p.k + kApart));
  });
}

// Many rows: all of b is packed first. A slice takes its rows through as many panels as L2 holds, so that a comes from
// there and whole stretches of c's rows are written one after the other. A transposed a is put in order first: read
// across, its rows would lie a whole row of the matrix apart.
void gemm_by_rows(const Context& context, const GemmProblem& p, const Panels& panels) {
  const KernelTable& kernels = *context.kernels;
  const Workspace<float> packed(context, p.k * panels.total_width());
  context.parallel(panels.count(), [&](int64_t i, int) {
    pack(kernels, p.b, 0, p.k, panels.first_column(i), panels.columns(i), panels.width(i),
         packed.get() + panels.first_column(i) * p.k);
  });
  const Slices steps = steps_of(p);
  const Slices groups(panels.count(),
                      std::max<int64_t>(1, kGroupFloats / (panels.max_width() * std::min(p.k, kDepth))));
  const bool once = p.a.transposed && groups.count > 1 && p.m * p.k <= kPackedFloats;
  const Workspace<float> ordered(context, once ? p.m * (p.k + kApart) : 0);
  if (once) order_rows(context, p, ordered.get());
  const Matrix source = once ? Matrix{ordered.get(), p.k + kApart, false} : p.a;
  const int64_t row_flops = 2 * p.k * ceil_div(panels.total_width(), groups.count);
  const Slices rows(p.m, std::clamp(kFlopSlice / row_flops, kLeastRows, source.transposed ? kOrderedRows : p.m));
  const ThreadWorkspace<float> scratch(context, source.transposed ? ceil_div(p.m, rows.count) * (kDepth + kApart) : 0);
  if (p.moments != nullptr) p.moments->begin(rows.count);
  context.parallel(groups.count * rows.count, [&](int64_t slice, int thread) {
    const int64_t group = slice / rows.count;
    const int64_t begin = rows.begin(slice % rows.count);
    const int64_t end = rows.end(slice % rows.count);
    for (int64_t step = 0; step < steps.count; step++) {
      const int64_t k = steps.begin(step);
      Matrix a = part_of(source, begin, k);
      if (a.transposed) {
        const int64_t depth = steps.end(step) - k;
        kernels.pack.transposed(end - begin, depth, depth + kApart, a.data, a.stride, scratch.get(thread));
        a = {scratch.get(thread), depth + kApart, false};
      }
      for (int64_t i = groups.begin(group); i < groups.end(group); i++) {
        const float* from = packed.get() + panels.first_column(i) * p.k + k * panels.width(i);
        panel_step(kernels, p, panels, i, begin, end, step, a, from);
        if (step + 1 == steps.count) gather(p, panels, i, slice % rows.count, begin, end);
      }
    }
  });
}

}  // namespace

void gemm(const Context& context, const GemmProblem& p) {
  // No panel, whose width would divide.
  if (p.n == 0) return;
  const Panels panels(context.kernels->gemm, p.n);
  // A short sum over a transposed a is done before putting a in order would pay.
  const bool short_sum = p.k == 0 || (p.a.transposed && p.k < kDepth / 2);
  const bool many = p.m >= 2 * kRows && !short_sum && p.k * panels.total_width() <= kPackedFloats;
  (many ? gemm_by_rows : gemm_by_panel)(context, p, panels);
}

int64_t gemm_workspace(const GemmKernels& kernels, int64_t n, int64_t k) {
  return Panels(kernels, n).max_width() * std::min(k, kDepth);
}

void gemm_serial(const KernelTable& kernels, const GemmProblem& p, float* workspace) {
  const Panels panels(kernels.gemm, p.n);
  for (int64_t i = 0; i < panels.count(); i++) panel_product(kernels, p, panels, i, 0, p.m, workspace);
}

}  // namespace strided
