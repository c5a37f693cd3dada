#include "taps.h"

#include <algorithm>
#include <cstring>

#include "panels.h"

namespace strided {
namespace {

// Packed weights up to here stay in L2 beside the rows of a slice; larger ones are walked a panel at a time by all
// slices.
constexpr int64_t kResidentPanels = 512 << 10;

struct Plan {
  const TapProblem& p;
  Panels panels;
  TapSpan span;
  int64_t depth;       // rows of a packed panel
  bool copies;         // rows are copied into zero-padded scratch
  int64_t source_row;  // floats between source rows as the tile sees them
  int64_t source_pixel;
  Slices rows;
  int64_t panel_groups;

  Plan(const GemmKernels& kernels, const TapProblem& problem)
      : p(problem),
        panels(kernels, problem.output.channels),
        span(tap_span(problem.columns, problem.step_w, problem.output.columns)),
        depth(static_cast<int64_t>(problem.rows.offset.size() * problem.columns.offset.size()) *
              problem.source.channels),
        copies(span.first < 0 || span.first + span.width > problem.source.w ||
               problem.source.channels != problem.source.pixel),
        source_row(copies ? span.width * problem.source.channels : problem.source.w * problem.source.pixel),
        source_pixel(copies ? problem.source.channels : problem.source.pixel),
        rows(problem.output.rows, rows_per_slice(problem, depth)),
        panel_groups(4 * depth * panels.total_width() > kResidentPanels ? panels.count() : 1) {}

  static int64_t rows_per_slice(const TapProblem& p, int64_t depth) {
    const int64_t row_flops = 2 * depth * p.output.channels * p.output.columns;
    return std::max<int64_t>(1, kFlopSlice / std::max<int64_t>(row_flops, 1));
  }

  // Source rows that output rows [begin, end) touch.
  int64_t source_begin(int64_t begin) const { return std::max<int64_t>(0, begin * p.step_h + p.rows.offset.front()); }
  int64_t source_end(int64_t end) const {
    return std::min(p.source.h, (end - 1) * p.step_h + p.rows.offset.back() + 1);
  }
  int64_t scratch_floats() const {
    if (!copies) return 0;
    int64_t most = 0;
    for (int64_t i = 0; i < rows.count; i++) {
      most = std::max(most, source_end(rows.end(i)) - source_begin(rows.begin(i)));
    }
    return most * source_row;
  }
};

// The runs of one output row: taps whose rows lie inside the image; neighbours in memory are joined.
int64_t make_runs(const Plan& plan, int64_t row, int64_t first_row, int64_t width, GemmRun* runs) {
  const TapProblem& p = plan.p;
  const int64_t taps_w = static_cast<int64_t>(p.columns.offset.size());
  const int64_t channels = p.source.channels;
  int64_t count = 0;
  for (size_t i = 0; i < p.rows.offset.size(); i++) {
    const int64_t source_row = row * p.step_h + p.rows.offset[i];
    if (source_row < 0 || source_row >= p.source.h) continue;
    const int64_t a_row = (source_row - first_row) * plan.source_row;
    for (int64_t j = 0; j < taps_w; j++) {
      const int64_t column = p.columns.offset[static_cast<size_t>(j)] - (plan.copies ? plan.span.first : 0);
      const int64_t a = a_row + column * plan.source_pixel;
      const int64_t b = (static_cast<int64_t>(i) * taps_w + j) * channels * width;
      if (j > 0 && runs[count - 1].a + runs[count - 1].k == a) {
        runs[count - 1].k += channels;
      } else {
        runs[count++] = {a, b, channels};
      }
    }
  }
  return count;
}

void run_slice(const KernelTable& kernels, const Plan& plan, int64_t n, int64_t begin, int64_t end, int64_t panel_begin,
               int64_t panel_end, const float* packed, GemmRun* runs, float* scratch) {
  const TapProblem& p = plan.p;
  const int64_t first_row = plan.source_begin(begin);
  const float* source = p.source.data + (n * p.source.h + first_row) * p.source.w * p.source.pixel;
  if (plan.copies) {
    const int64_t last_row = plan.source_end(end);
    for (int64_t row = first_row; row < last_row; row++) {
      copy_padded_row(p.source, n, row, plan.span, scratch + (row - first_row) * plan.source_row);
    }
    source = scratch;
  }
  for (int64_t panel = panel_begin; panel < panel_end; panel++) {
    const int64_t column = plan.panels.first_column(panel);
    GemmTile tile{};
    tile.rows = p.output.columns;
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.a = source;
    tile.a_row = p.step_w * plan.source_pixel;
    tile.a_k = 1;
    tile.b = packed + column * plan.depth;
    tile.b_k = plan.panels.width(panel);
    tile.runs = runs;
    tile.bias = p.bias == nullptr ? nullptr : p.bias + column;
    tile.c_row = p.output.pixel;
    for (int64_t row = begin; row < end; row++) {
      tile.run_count = make_runs(plan, row, first_row, tile.b_k, runs);
      tile.c = p.output.data + n * p.output.image + row * p.output.row + column;
      kernels.gemm.panel(tile);
    }
  }
}

}  // namespace

TapSpan tap_span(const TapLine& columns, int64_t step, int64_t outputs) {
  const int64_t first = columns.offset.front();
  return {first, (outputs - 1) * step + columns.offset.back() - first + 1};
}

void copy_padded_row(const TapImage& source, int64_t n, int64_t row, TapSpan span, float* target) {
  const int64_t c = source.channels;
  const int64_t begin = std::clamp<int64_t>(-span.first, 0, span.width);
  const int64_t end = std::clamp<int64_t>(source.w - span.first, begin, span.width);
  const float* from = source.data + ((n * source.h + row) * source.w + span.first) * source.pixel;
  std::fill(target, target + begin * c, 0.0f);
  if (c == source.pixel) {
    if (end > begin)
      std::memcpy(target + begin * c, from + begin * c, sizeof(float) * static_cast<size_t>((end - begin) * c));
  } else {
    for (int64_t i = begin; i < end; i++) std::copy_n(from + i * source.pixel, c, target + i * c);
  }
  std::fill(target + end * c, target + span.width * c, 0.0f);
}

void run_taps(const Context& context, const TapProblem& p, const TapPacker& packer) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels.gemm, p);
  const int64_t taps = static_cast<int64_t>(p.rows.offset.size() * p.columns.offset.size());
  const Workspace<float> packed(context, plan.depth * plan.panels.total_width());
  context.parallel(plan.panels.count(), [&](int64_t panel, int) {
    const int64_t column = plan.panels.first_column(panel);
    packer.pack(column, plan.panels.columns(panel), plan.panels.width(panel), packed.get() + column * plan.depth);
  });
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, taps);
  const int64_t images = p.source.n * plan.rows.count;
  context.parallel(images * plan.panel_groups, [&](int64_t slice, int thread) {
    const int64_t group = slice / images;
    const int64_t i = slice % images % plan.rows.count;
    const bool all = plan.panel_groups == 1;
    run_slice(kernels, plan, slice % images / plan.rows.count, plan.rows.begin(i), plan.rows.end(i), all ? 0 : group,
              all ? plan.panels.count() : group + 1, packed.get(), runs.get(thread), scratch.get(thread));
  });
}

}  // namespace strided
