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
  Slices planes;         // depths of all images: small ones share a slice
  int64_t scratch_rows;  // of one source depth, at most
  int64_t panel_groups;
  bool dots;  // so few output channels that registers run along the sum

  Plan(const GemmKernels& kernels, const TapProblem& problem)
      : p(problem),
        panels(kernels, problem.output.channels),
        span(tap_span(problem.columns, problem.step_w, problem.output.columns)),
        depth(problem.taps() * problem.source.channels),
        copies(span.first < 0 || span.first + span.width > problem.source.w ||
               problem.source.channels != problem.source.pixel),
        source_row(copies ? span.width * problem.source.channels : problem.source.w * problem.source.pixel),
        source_pixel(copies ? problem.source.channels : problem.source.pixel),
        rows(problem.output.rows, rows_per_slice(problem, depth)),
        planes(problem.source.n * problem.output.depths, planes_per_slice(problem, depth)),
        scratch_rows(0),
        panel_groups(4 * depth * panels.total_width() > kResidentPanels ? panels.count() : 1),
        dots(problem.output.channels <= kernels.max_dot_columns && problem.source.channels >= kernels.unit) {
    for (int64_t i = 0; i < rows.count; i++) {
      scratch_rows = std::max(scratch_rows, source_end(rows.end(i)) - source_begin(rows.begin(i)));
    }
  }

  static int64_t rows_per_slice(const TapProblem& p, int64_t depth) {
    const int64_t row_flops = 2 * depth * p.output.channels * p.output.columns;
    return std::max<int64_t>(1, kFlopSlice / std::max<int64_t>(row_flops, 1));
  }

  static int64_t planes_per_slice(const TapProblem& p, int64_t depth) {
    return std::max<int64_t>(1, rows_per_slice(p, depth) / p.output.rows);
  }

  // Source rows that output rows [begin, end) touch.
  int64_t source_begin(int64_t begin) const { return std::max<int64_t>(0, begin * p.step_h + p.rows.offset.front()); }
  int64_t source_end(int64_t end) const {
    return std::min(p.source.h, (end - 1) * p.step_h + p.rows.offset.back() + 1);
  }
  int64_t source_depth(int64_t z, int64_t tap) const { return z * p.step_d + p.depths.at(tap); }
  bool depth_inside(int64_t z, int64_t tap) const {
    return source_depth(z, tap) >= 0 && source_depth(z, tap) < p.source.d;
  }
  int64_t scratch_floats() const { return copies ? p.depths.count() * scratch_rows * source_row : 0; }
};

// Output rows [begin, end) of one depth of one image, for some panels.
struct Slice {
  int64_t n, z, begin, end;
  int64_t panel_begin, panel_end;
};

// The runs of one output row: taps whose rows lie inside the source; neighbours in memory are joined.
int64_t make_runs(const Plan& plan, const Slice& slice, int64_t row, int64_t width, GemmRun* runs) {
  const TapProblem& p = plan.p;
  const int64_t channels = p.source.channels;
  const int64_t first_row = plan.source_begin(slice.begin);
  int64_t count = 0;
  for (int64_t h = 0; h < p.depths.count(); h++) {
    if (!plan.depth_inside(slice.z, h)) continue;
    for (int64_t i = 0; i < p.rows.count(); i++) {
      const int64_t source_row = row * p.step_h + p.rows.at(i);
      if (source_row < 0 || source_row >= p.source.h) continue;
      const int64_t at = plan.copies ? h * plan.scratch_rows + source_row - first_row
                                     : plan.source_depth(slice.z, h) * p.source.h + source_row;
      for (int64_t j = 0; j < p.columns.count(); j++) {
        const int64_t column = p.columns.at(j) - (plan.copies ? plan.span.first : 0);
        const int64_t a = at * plan.source_row + column * plan.source_pixel;
        const int64_t b = ((h * p.rows.count() + i) * p.columns.count() + j) * channels * width;
        if (j > 0 && runs[count - 1].a + runs[count - 1].k == a) {
          runs[count - 1].k += channels;
        } else {
          runs[count++] = {a, b, channels};
        }
      }
    }
  }
  return count;
}

void copy_rows(const Plan& plan, const Slice& slice, const float* image, float* scratch) {
  const TapImage& source = plan.p.source;
  const int64_t first_row = plan.source_begin(slice.begin);
  const int64_t last_row = plan.source_end(slice.end);
  for (int64_t h = 0; h < plan.p.depths.count(); h++) {
    if (!plan.depth_inside(slice.z, h)) continue;
    const float* from = image + plan.source_depth(slice.z, h) * source.h * source.w * source.pixel;
    float* to = scratch + h * plan.scratch_rows * plan.source_row;
    for (int64_t row = first_row; row < last_row; row++) {
      copy_padded_row(source, from + row * source.w * source.pixel, plan.span,
                      to + (row - first_row) * plan.source_row);
    }
  }
}

void run_slice(const KernelTable& kernels, const Plan& plan, const Slice& slice, const float* packed, GemmRun* runs,
               float* scratch) {
  const TapProblem& p = plan.p;
  const float* image = p.source.data + slice.n * p.source.d * p.source.h * p.source.w * p.source.pixel;
  if (plan.copies) copy_rows(plan, slice, image, scratch);
  const auto product = plan.dots ? kernels.gemm.dot : kernels.gemm.panel;
  for (int64_t panel = slice.panel_begin; panel < slice.panel_end; panel++) {
    const int64_t column = plan.panels.first_column(panel);
    GemmTile tile{};
    tile.rows = p.output.columns;
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.a = plan.copies ? scratch : image;
    tile.a_row = p.step_w * plan.source_pixel;
    tile.a_k = 1;
    tile.b = packed + column * plan.depth;
    tile.b_k = plan.dots ? plan.depth : plan.panels.width(panel);
    tile.runs = runs;
    tile.bias = p.bias == nullptr ? nullptr : p.bias + column;
    tile.c_row = p.output.pixel;
    float* output = p.output.data + slice.n * p.output.image + slice.z * p.output.depth + column;
    for (int64_t row = slice.begin; row < slice.end; row++) {
      tile.run_count = make_runs(plan, slice, row, plan.dots ? 1 : tile.b_k, runs);
      tile.c = output + row * p.output.row;
      product(tile);
    }
  }
}

// The one panel of few columns, turned from [depth, width] to [columns, depth].
void pack_columns(const Context& context, const Plan& plan, const TapPacker& packer, float* packed) {
  const int64_t width = plan.panels.width(0);
  const int64_t columns = plan.panels.columns(0);
  const Workspace<float> panel(context, plan.depth * width);
  packer.pack(0, columns, width, panel.get());
  for (int64_t j = 0; j < columns; j++) {
    for (int64_t k = 0; k < plan.depth; k++) packed[j * plan.depth + k] = panel.get()[k * width + j];
  }
}

}  // namespace

TapSpan tap_span(const TapLine& columns, int64_t step, int64_t outputs) {
  const int64_t first = columns.offset.front();
  return {first, (outputs - 1) * step + columns.offset.back() - first + 1};
}

void copy_padded_row(const TapImage& source, const float* from, TapSpan span, float* target) {
  const int64_t c = source.channels;
  const int64_t begin = std::clamp<int64_t>(-span.first, 0, span.width);
  const int64_t end = std::clamp<int64_t>(source.w - span.first, begin, span.width);
  std::fill(target, target + begin * c, 0.0f);
  if (end > begin) {
    const float* first = from + (span.first + begin) * source.pixel;
    if (c == source.pixel) {
      std::memcpy(target + begin * c, first, sizeof(float) * static_cast<size_t>((end - begin) * c));
    } else {
      for (int64_t i = begin; i < end; i++) std::copy_n(first + (i - begin) * source.pixel, c, target + i * c);
    }
  }
  std::fill(target + end * c, target + span.width * c, 0.0f);
}

void run_taps(const Context& context, const TapProblem& p, const TapPacker& packer) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels.gemm, p);
  const Workspace<float> packed(context, plan.depth * plan.panels.total_width());
  if (plan.dots) {
    pack_columns(context, plan, packer, packed.get());
  } else {
    context.parallel(plan.panels.count(), [&](int64_t panel, int) {
      const int64_t column = plan.panels.first_column(panel);
      packer.pack(column, plan.panels.columns(panel), plan.panels.width(panel), packed.get() + column * plan.depth);
    });
  }
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, p.taps());
  const int64_t slices = plan.planes.count * plan.rows.count;
  context.parallel(slices * plan.panel_groups, [&](int64_t index, int thread) {
    const int64_t group = index / slices;
    const int64_t i = index % plan.rows.count;
    const int64_t share = index % slices / plan.rows.count;
    const bool all = plan.panel_groups == 1;
    for (int64_t z = plan.planes.begin(share); z < plan.planes.end(share); z++) {
      const Slice slice{z / p.output.depths, z % p.output.depths, plan.rows.begin(i),
                        plan.rows.end(i),    all ? 0 : group,     all ? plan.panels.count() : group + 1};
      run_slice(kernels, plan, slice, packed.get(), runs.get(thread), scratch.get(thread));
    }
  });
}

}  // namespace strided
