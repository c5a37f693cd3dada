#include "taps.h"

#include <algorithm>
#include <cstring>

#include "panels.h"

namespace strided {
namespace {

// Bytes of packed weights that stay in L2 beside the rows of a slice. Where all panels are more, each slice takes one
// of them; where even a panel is more, a chunk of it after the other, each over all pixels of the slice.
constexpr int64_t kResidentPanels = 512 << 10;
constexpr int64_t kResidentChunk = 256 << 10;
// From so many channels on a run of one tap is long enough not to be joined with its neighbours in a padded copy.
constexpr int64_t kSkipChannels = 24;
// Output pixels that share each read of such a panel from beyond L2.
constexpr int64_t kPanelPixels = 128;
// Channels of the groups that share a slice: a few rows of them stay in L1. Each copied pixel is longer by the padding,
// lest pixels a power of two apart share a set.
constexpr int64_t kBlockChannels = 64;
constexpr int64_t kPixelPadding = 16;

struct Plan {
  const TapProblem& p;
  Panels panels;
  TapSpan span;
  int64_t depth;         // rows of a packed panel
  int64_t group_floats;  // of a group's packed weights
  Slices blocks;         // of groups
  bool dots;             // so few output channels that registers run along the sum
  bool skips;            // one padding column on either side at most: the tile skips it
  bool copies;           // rows are copied into zero-padded scratch
  int64_t source_pixel;  // floats between source pixels as the tile sees them
  int64_t source_row;
  Slices rows;
  Slices planes;         // depths of all images: small ones share a slice
  int64_t scratch_rows;  // of one source depth, at most
  int64_t panel_groups;
  int64_t chunk_rows;  // kernel rows of a chunk

  Plan(const GemmKernels& kernels, const TapProblem& problem)
      : p(problem),
        panels(Panels::for_rows(kernels, problem.output.channels, problem.output.columns)),
        span(tap_span(problem.columns, problem.step_w, problem.output.columns)),
        depth(problem.taps() * problem.source.channels),
        group_floats(depth * panels.total_width()),
        blocks(problem.groups, std::max<int64_t>(1, kBlockChannels / problem.source.channels)),
        dots(problem.output.channels <= kernels.max_dot_columns && problem.source.channels >= kernels.unit),
        skips(!dots && problem.groups == 1 && problem.source.channels >= kSkipChannels && span.first >= -1 &&
              span.first + span.width <= problem.source.w + 1),
        copies(problem.groups > 1 || (!skips && (span.first < 0 || span.first + span.width > problem.source.w))),
        source_pixel(problem.groups > 1
                         ? ceil_div(problem.groups, blocks.count) * problem.source.channels + kPixelPadding
                         : problem.source.pixel),
        source_row(copies ? span.width * source_pixel : problem.source.w * source_pixel),
        rows(problem.output.rows, rows_per_slice()),
        planes(problem.source.n * problem.output.depths, std::max<int64_t>(1, rows_per_slice() / problem.output.rows)),
        scratch_rows(0),
        panel_groups(by_panel() ? panels.count() : 1),
        chunk_rows(std::max<int64_t>(
            1, kResidentChunk / (4 * problem.columns.count() * problem.source.channels * panels.max_width()))) {
    for (int64_t i = 0; i < rows.count; i++) {
      scratch_rows = std::max(scratch_rows, source_end(rows.end(i)) - source_begin(rows.begin(i)));
    }
  }

  bool by_panel() const { return p.groups == 1 && 4 * group_floats > kResidentPanels; }
  int64_t rows_per_slice() const {
    if (by_panel()) return ceil_div(kPanelPixels, p.output.columns);
    const int64_t groups = ceil_div(p.groups, blocks.count);
    const int64_t row_flops = 2 * groups * depth * p.output.channels * p.output.columns;
    return std::max<int64_t>(1, kFlopSlice / std::max<int64_t>(row_flops, 1));
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

// Output rows [begin, end) of one depth of one image, for some groups and panels.
struct Slice {
  int64_t n, z, begin, end;
  int64_t first_group, last_group;
  int64_t first_panel, last_panel;
  int64_t part;  // of the moments, which this plane may be the first of
  bool starts;
};

bool continues(const GemmRun& before, const GemmRun& run) {
  return before.a + before.k == run.a && before.skips_first == run.skips_first && before.skips_last == run.skips_last;
}

// The runs of one output row under kernel rows [begin, end), counted over all depths: taps whose rows lie inside the
// source; neighbours in memory are joined.
int64_t make_runs(const Plan& plan, const Slice& slice, int64_t row, int64_t begin, int64_t end, GemmRun* runs) {
  const TapProblem& p = plan.p;
  const int64_t channels = p.source.channels;
  const int64_t first_row = plan.source_begin(slice.begin);
  int64_t count = 0;
  for (int64_t kernel_row = begin; kernel_row < end; kernel_row++) {
    const int64_t h = kernel_row / p.rows.count();
    const int64_t source_row = row * p.step_h + p.rows.at(kernel_row % p.rows.count());
    if (!plan.depth_inside(slice.z, h) || source_row < 0 || source_row >= p.source.h) continue;
    const int64_t at = plan.copies ? h * plan.scratch_rows + source_row - first_row
                                   : plan.source_depth(slice.z, h) * p.source.h + source_row;
    for (int64_t j = 0; j < p.columns.count(); j++) {
      const int64_t offset = p.columns.at(j);
      GemmRun run{};
      run.a = at * plan.source_row + (offset - (plan.copies ? plan.span.first : 0)) * plan.source_pixel;
      run.b = (kernel_row * p.columns.count() + j) * channels;
      run.k = channels;
      run.skips_first = plan.skips && offset < 0;
      run.skips_last = plan.skips && (p.output.columns - 1) * p.step_w + offset >= p.source.w;
      if (j > 0 && continues(runs[count - 1], run)) {
        runs[count - 1].k += channels;
      } else {
        runs[count++] = run;
      }
    }
  }
  return count;
}

void copy_rows(const Plan& plan, const Slice& slice, const float* image, float* scratch) {
  const TapImage& source = plan.p.source;
  const int64_t channels = (slice.last_group - slice.first_group) * source.channels;
  const int64_t first_row = plan.source_begin(slice.begin);
  const int64_t last_row = plan.source_end(slice.end);
  image += slice.first_group * source.channels;
  for (int64_t h = 0; h < plan.p.depths.count(); h++) {
    if (!plan.depth_inside(slice.z, h)) continue;
    const float* from = image + plan.source_depth(slice.z, h) * source.h * source.w * source.pixel;
    float* to = scratch + h * plan.scratch_rows * plan.source_row;
    for (int64_t row = first_row; row < last_row; row++) {
      copy_padded_row(source, from + row * source.w * source.pixel, plan.span, channels, plan.source_pixel,
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
  const int64_t kernel_rows = p.depths.count() * p.rows.count();
  const int64_t chunk = plan.dots ? kernel_rows : plan.chunk_rows;
  GemmTile tile{};
  tile.rows = p.output.columns;
  tile.a_row = p.step_w * plan.source_pixel;
  tile.a_k = 1;
  tile.runs = runs;
  tile.c_row = p.output.pixel;
  for (int64_t group = slice.first_group; group < slice.last_group; group++) {
    const float* weights = packed + group * plan.group_floats;
    const int64_t first = group * p.output.channels;
    tile.a = (plan.copies ? scratch : image) + (group - slice.first_group) * p.source.channels;
    for (int64_t panel = slice.first_panel; panel < slice.last_panel; panel++) {
      const int64_t column = plan.panels.first_column(panel);
      tile.columns = plan.panels.columns(panel);
      tile.units = plan.panels.units(panel);
      tile.b = weights + column * plan.depth;
      tile.b_k = plan.dots ? plan.depth : plan.panels.width(panel);
      tile.b_run = plan.dots ? 1 : tile.b_k;
      tile.bias = p.bias == nullptr ? nullptr : p.bias + first + column;
      float* output = p.output.data + slice.n * p.output.image + slice.z * p.output.depth + first + column;
      for (int64_t begin = 0; begin < kernel_rows; begin += chunk) {
        tile.accumulate = begin > 0;
        tile.relu = p.relu && begin + chunk >= kernel_rows;
        for (int64_t row = slice.begin; row < slice.end; row++) {
          tile.run_count = make_runs(plan, slice, row, begin, std::min(begin + chunk, kernel_rows), runs);
          tile.c = output + row * p.output.row;
          product(tile);
        }
      }
      if (p.moments == nullptr) continue;
      p.moments->add(slice.part, slice.starts, first + column, tile.columns,
                     {output + slice.begin * p.output.row, slice.end - slice.begin, p.output.columns, p.output.row,
                      p.output.pixel});
    }
  }
}

// Pixels of a width known to the compiler, which then needs no call for each.
template <int channels>
void copy_pixels(int64_t count, const float* from, int64_t from_pixel, float* to, int64_t to_pixel) {
  for (int64_t i = 0; i < count; i++, from += from_pixel, to += to_pixel) {
    std::memcpy(to, from, sizeof(float) * channels);
  }
}

// The one panel of few columns, turned from [depth, width] to [columns, depth].
void pack_columns(const Plan& plan, const TapPacker& packer, int64_t group, float* panel, float* packed) {
  const int64_t width = plan.panels.width(0);
  const int64_t columns = plan.panels.columns(0);
  packer.pack(group, 0, columns, width, panel);
  for (int64_t j = 0; j < columns; j++) {
    for (int64_t k = 0; k < plan.depth; k++) packed[j * plan.depth + k] = panel[k * width + j];
  }
}

}  // namespace

TapSpan tap_span(const TapLine& columns, int64_t step, int64_t outputs) {
  const int64_t first = columns.offset.front();
  return {first, (outputs - 1) * step + columns.offset.back() - first + 1};
}

void copy_padded_row(const TapImage& source, const float* from, TapSpan span, int64_t channels, int64_t target_pixel,
                     float* target) {
  const int64_t begin = std::clamp<int64_t>(-span.first, 0, span.width);
  const int64_t end = std::clamp<int64_t>(source.w - span.first, begin, span.width);
  std::fill(target, target + begin * target_pixel, 0.0f);
  const float* first = from + (span.first + begin) * source.pixel;
  float* to = target + begin * target_pixel;
  if (channels == source.pixel && channels == target_pixel) {
    if (end > begin) std::memcpy(to, first, sizeof(float) * static_cast<size_t>((end - begin) * channels));
  } else if (channels == 8) {
    copy_pixels<8>(end - begin, first, source.pixel, to, target_pixel);
  } else if (channels == 4) {
    copy_pixels<4>(end - begin, first, source.pixel, to, target_pixel);
  } else {
    for (int64_t i = begin; i < end; i++, first += source.pixel, to += target_pixel) std::copy_n(first, channels, to);
  }
  std::fill(target + end * target_pixel, target + span.width * target_pixel, 0.0f);
}

void run_taps(const Context& context, const TapProblem& p, const TapPacker& packer) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels.gemm, p);
  const Workspace<float> packed(context, p.groups * plan.group_floats);
  const ThreadWorkspace<float> turned(context, plan.dots ? plan.group_floats : 0);
  context.parallel(p.groups * plan.panels.count(), [&](int64_t i, int thread) {
    const int64_t group = i / plan.panels.count();
    const int64_t panel = i % plan.panels.count();
    float* weights = packed.get() + group * plan.group_floats;
    if (plan.dots) return pack_columns(plan, packer, group, turned.get(thread), weights);
    const int64_t column = plan.panels.first_column(panel);
    packer.pack(group, column, plan.panels.columns(panel), plan.panels.width(panel), weights + column * plan.depth);
  });
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, p.taps());
  const int64_t slices = plan.planes.count * plan.rows.count;
  if (p.moments != nullptr) p.moments->begin(slices);
  context.parallel(slices * plan.blocks.count * plan.panel_groups, [&](int64_t index, int thread) {
    const int64_t block = index / slices;  // of groups, or of panels where there is one group
    const int64_t i = index % plan.rows.count;
    const int64_t share = index % slices / plan.rows.count;
    Slice slice{};
    slice.begin = plan.rows.begin(i);
    slice.end = plan.rows.end(i);
    slice.first_group = plan.blocks.begin(p.groups == 1 ? 0 : block);
    slice.last_group = plan.blocks.end(p.groups == 1 ? 0 : block);
    slice.first_panel = plan.panel_groups == 1 ? 0 : block;
    slice.last_panel = plan.panel_groups == 1 ? plan.panels.count() : block + 1;
    for (int64_t plane = plan.planes.begin(share); plane < plan.planes.end(share); plane++) {
      slice.n = plane / p.output.depths;
      slice.z = plane % p.output.depths;
      slice.part = index % slices;
      slice.starts = plane == plan.planes.begin(share);
      run_slice(kernels, plan, slice, packed.get(), runs.get(thread), scratch.get(thread));
    }
  });
}

}  // namespace strided
