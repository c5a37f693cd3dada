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

void pack(const KernelTable& kernels, const Matrix& b, int64_t k, int64_t depth, int64_t column, int64_t columns,
          int64_t width, float* panel) {
  if (b.transposed) {
    kernels.pack.transposed(depth, columns, width, b.data + column * b.stride + k, b.stride, panel);
  } else {
    kernels.pack.rows(depth, columns, width, b.data + k * b.stride + column, b.stride, panel);
  }
}

// Rows [begin, end) of one panel's columns.
void panel_product(const KernelTable& kernels, const GemmProblem& p, const Panels& panels, int64_t panel, int64_t begin,
                   int64_t end, float* scratch) {
  const int64_t column = panels.first_column(panel);
  const int64_t width = panels.width(panel);
  GemmTile tile{};
  tile.rows = end - begin;
  tile.columns = panels.columns(panel);
  tile.units = panels.units(panel);
  tile.a_row = p.a.transposed ? 1 : p.a.stride;
  tile.a_k = p.a.transposed ? p.a.stride : 1;
  tile.b = scratch;
  tile.b_k = width;
  tile.bias = p.bias == nullptr ? nullptr : p.bias + column;
  tile.c = p.c + begin * p.c_stride + column;
  tile.c_row = p.c_stride;
  // An empty sum still writes the bias or zeros.
  const int64_t steps = std::max<int64_t>(1, ceil_div(p.k, kDepth));
  for (int64_t step = 0; step < steps; step++) {
    const int64_t k = step * p.k / steps;
    const int64_t depth = (step + 1) * p.k / steps - k;
    pack(kernels, p.b, k, depth, column, tile.columns, width, scratch);
    const GemmRun run{0, 0, depth};
    tile.a = p.a.data + begin * tile.a_row + k * tile.a_k;
    tile.runs = &run;
    tile.run_count = 1;
    tile.accumulate = step > 0;
    (p.a.transposed ? kernels.gemm.outer : kernels.gemm.panel)(tile);
  }
}

}  // namespace

void gemm(const Context& context, const GemmProblem& p) {
  const KernelTable& kernels = *context.kernels;
  const Panels panels(kernels.gemm, p.n);
  const int64_t panel_flops = 2 * panels.max_width() * std::max<int64_t>(p.k, 1);
  const Slices rows(p.m, std::max(kRows, kFlopSlice / panel_flops));
  const ThreadWorkspace<float> scratch(context, gemm_workspace(kernels.gemm, p.n, p.k));
  context.parallel(rows.count * panels.count(), [&](int64_t slice, int thread) {
    const int64_t i = slice % rows.count;
    panel_product(kernels, p, panels, slice / rows.count, rows.begin(i), rows.end(i), scratch.get(thread));
  });
}

int64_t gemm_workspace(const GemmKernels& kernels, int64_t n, int64_t k) {
  return Panels(kernels, n).max_width() * std::min(k, kDepth);
}

void gemm_serial(const KernelTable& kernels, const GemmProblem& p, float* workspace) {
  const Panels panels(kernels.gemm, p.n);
  for (int64_t i = 0; i < panels.count(); i++) panel_product(kernels, p, panels, i, 0, p.m, workspace);
}

}  // namespace strided
