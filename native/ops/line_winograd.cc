#include "line_winograd.h"

#include <algorithm>
#include <utility>

#include "panels.h"

namespace strided {
namespace {

// Fewer channels leave too much of the work in the transforms.
constexpr int64_t kLeastChannels = 16;
// What a multiplication costs beside its count: the share of the transforms.
constexpr double kOverhead = 1.2;
// Output positions from which on a weight gradient's own rounding outweighs that of transforms of 6.
constexpr int64_t kLeastPositions = 256;
// Tiles of a unit: rows of its products. Enough that weights from L2 cost little, few enough to stay there beside them.
constexpr int64_t kUnitTiles = 56;
// Floats added to each plane so that their streams do not meet in one set of the L1 cache.
constexpr int64_t kPlanePadding = 16;

struct Plan {
  const LineWinogradKernels& w;
  const LineProblem& p;
  LineUnits units;
  Panels panels;
  int64_t lines;  // kernel lines: taps across all other dimensions
  int64_t depth;  // rows of a packed panel of one frequency
  int64_t u_plane, v_plane, m_plane;

  Plan(const Context& context, const LineProblem& problem)
      : w(line_winograd_for(context)),
        p(problem),
        units(problem, w.tile, kUnitTiles),
        panels(context.kernels->gemm, problem.oc),
        lines(problem.depth.kernel * problem.across.kernel),
        depth(lines * units.stretches * problem.ic),
        u_plane(depth * panels.total_width() + kPlanePadding),
        v_plane(units.most_source() + kPlanePadding),
        m_plane(units.most_tiles() * problem.oc + kPlanePadding) {}
};

// The weights of every panel, transformed: u[f][panel][kd][across][stretch][channel][column].
// pack(tap, column, columns, width, target) writes one tap of all channels.
template <typename Pack>
void transform_weights(const Context& context, const Plan& plan, Pack pack, float* u) {
  const LineProblem& p = plan.p;
  const int64_t stretches = plan.units.stretches;
  const ThreadWorkspace<float> scratch(context, 3 * p.ic * plan.panels.max_width());
  context.parallel(plan.panels.count() * plan.lines, [&](int64_t i, int thread) {
    const int64_t panel = i / plan.lines;
    const int64_t line = i % plan.lines;
    const int64_t column = plan.panels.first_column(panel);
    const int64_t size = p.ic * plan.panels.width(panel);
    const int64_t first =
        line / p.across.kernel * p.depth.tap + line % p.across.kernel * p.across.tap;  // tap at the line's start
    float* taps = scratch.get(thread);
    for (int64_t stretch = 0; stretch < stretches; stretch++) {
      for (int64_t k = 0; k < 3; k++) {
        const int64_t along = 3 * stretch + k;
        if (along < p.along.kernel) {
          pack(first + along * p.along.tap, column, plan.panels.columns(panel), plan.panels.width(panel),
               taps + k * size);
        } else {
          std::fill_n(taps + k * size, size, 0.0f);
        }
      }
      plan.w.weights(size, taps, u + column * plan.depth + (line * stretches + stretch) * size, plan.u_plane);
    }
  });
}

// The products of one unit: m[f][line][tile][column].
void multiply(const KernelTable& kernels, const Plan& plan, const LineUnit& unit, const float* v, const float* u,
              GemmRun* runs, float* m) {
  const LineProblem& p = plan.p;
  const LineUnits& units = plan.units;
  const int64_t lines = units.source_rows(unit.rows);
  int64_t count = 0;
  for (int64_t kd = 0; kd < p.depth.kernel; kd++) {
    const int64_t z = unit.z - p.depth.pad + kd * p.depth.dilation;
    if (z < 0 || z >= p.depth.size) continue;
    for (int64_t k = 0; k < p.across.kernel; k++) {
      for (int64_t s = 0; s < units.stretches; s++) {
        GemmRun run{};
        run.a = ((kd * units.stretches + s) * lines + k * p.across.dilation) * unit.tiles * p.ic;
        run.b = ((kd * p.across.kernel + k) * units.stretches + s) * p.ic;
        run.k = p.ic;
        runs[count++] = run;
      }
    }
  }
  GemmTile tile{};
  tile.rows = unit.rows * unit.tiles;
  tile.a_row = p.ic;
  tile.a_k = 1;
  tile.runs = runs;
  tile.run_count = count;
  tile.c_row = p.oc;
  for (int64_t f = 0; f < plan.w.patch; f++) {
    tile.a = v + f * plan.v_plane;
    for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
      const int64_t column = plan.panels.first_column(panel);
      tile.columns = plan.panels.columns(panel);
      tile.units = plan.panels.units(panel);
      tile.b = u + f * plan.u_plane + column * plan.depth;
      tile.b_k = tile.b_run = plan.panels.width(panel);
      tile.c = m + f * plan.m_plane + column;
      kernels.gemm.panel(tile);
    }
  }
}

// Writes the outputs of one unit.
void transform_output(const Plan& plan, const LineUnit& unit, int64_t index, const float* m, const float* bias,
                      float* output, Moments* moments) {
  const LineProblem& p = plan.p;
  const int64_t first = unit.first * plan.w.tile;
  const int64_t last = std::min((unit.first + unit.tiles) * plan.w.tile, p.along.outputs);
  float* plane = output + unit.n * p.output_image() + unit.z * p.depth.output + unit.row * p.across.output;
  for (int64_t row = 0; row < unit.rows; row++) {
    plan.w.output(unit.tiles, p.oc, {first, p.along.outputs, p.along.output}, m + row * unit.tiles * p.oc, plan.m_plane,
                  bias, p.relu, plane + row * p.across.output);
  }
  if (moments == nullptr) return;
  moments->add(index, true, 0, p.oc,
               {plane + first * p.along.output, unit.rows, last - first, p.across.output, p.along.output});
}

template <typename Pack>
void run(const Context& context, const LineProblem& p, const float* source, const float* bias, float* output,
         Moments* moments, Pack pack) {
  const Plan plan(context, p);
  const Workspace<float> u(context, plan.w.patch * plan.u_plane);
  transform_weights(context, plan, pack, u.get());
  const ThreadWorkspace<float> v(context, plan.w.patch * plan.v_plane);
  const ThreadWorkspace<float> m(context, plan.w.patch * plan.m_plane);
  const ThreadWorkspace<GemmRun> runs(context, plan.lines * plan.units.stretches);
  if (moments != nullptr) moments->begin(plan.units.count());
  context.parallel(plan.units.count(), [&](int64_t i, int thread) {
    const LineUnit unit(plan.units, i);
    transform_source(plan.w, plan.units, unit, source, v.get(thread), plan.v_plane);
    multiply(*context.kernels, plan, unit, v.get(thread), u.get(), runs.get(thread), m.get(thread));
    transform_output(plan, unit, i, m.get(thread), bias, output, moments);
  });
}

}  // namespace

const LineWinogradKernels& line_winograd_for(const Context& context) {
  const LineWinogradTable& table = context.kernels->line_winograd;
  return context.conv_precision == ConvPrecision::fast ? table.four : table.two;
}

LineProblem::LineProblem(const ConvProblem& p, bool backward_input)
    : n(p.n), ic(p.ic), oc(p.oc), taps(p.taps()), relu(p.relu && !backward_input) {
  depth = {p.id, p.od, p.kd, p.pd, p.dd, p.ih * p.iw, p.oh * p.ow, p.kh * p.kw};
  LineSide rows{p.ih, p.oh, p.kh, p.ph, p.dh, p.iw, p.ow, p.kw};
  LineSide columns{p.iw, p.ow, p.kw, p.pw, p.dw, 1, 1, 1};
  if (backward_input) {
    // The kernel is turned: what lies before the first tap is what lay behind the last.
    std::swap(ic, oc);
    for (LineSide* side : {&depth, &rows, &columns}) {
      std::swap(side->size, side->outputs);
      std::swap(side->source, side->output);
      side->pad = (side->kernel - 1) * side->dilation - side->pad;
    }
  }
  for (LineSide* side : {&depth, &rows, &columns}) {
    side->source *= ic;
    side->output *= oc;
  }
  const bool by_columns = columns.kernel >= 3 && columns.dilation == 1;
  across = by_columns ? rows : columns;
  along = by_columns ? columns : rows;
}

LineUnits::LineUnits(const LineProblem& problem, int64_t tile_size, int64_t wanted_tiles)
    : p(problem),
      tile(tile_size),
      stretches(ceil_div(problem.along.kernel, 3)),
      tiles(ceil_div(problem.along.outputs, tile_size)),
      spans(tiles, wanted_tiles),
      rows(problem.across.outputs, std::max<int64_t>(1, wanted_tiles / std::min(tiles, wanted_tiles))) {}

LineUnit::LineUnit(const LineUnits& units, int64_t index) {
  const int64_t span = index % units.spans.count;
  const int64_t part = index / units.spans.count % units.rows.count;
  const int64_t at = index / units.spans.count / units.rows.count;
  n = at / units.p.depth.outputs;
  z = at % units.p.depth.outputs;
  row = units.rows.begin(part);
  rows = units.rows.end(part) - row;
  first = units.spans.begin(span);
  tiles = units.spans.end(span) - first;
}

void transform_source(const LineWinogradKernels& kernels, const LineUnits& units, const LineUnit& unit,
                      const float* source, float* v, int64_t plane) {
  const LineProblem& p = units.p;
  const int64_t lines = units.source_rows(unit.rows);
  const int64_t line_floats = unit.tiles * p.ic;
  for (int64_t kd = 0; kd < p.depth.kernel; kd++) {
    const int64_t z = unit.z - p.depth.pad + kd * p.depth.dilation;
    if (z < 0 || z >= p.depth.size) continue;
    const float* from = source + unit.n * p.source_image() + z * p.depth.source;
    for (int64_t s = 0; s < units.stretches; s++) {
      const WinogradLine line{unit.first * units.tile + 3 * s - p.along.pad, p.along.size, p.along.source};
      for (int64_t i = 0; i < lines; i++) {
        const int64_t row = unit.row + i - p.across.pad;
        float* to = v + ((kd * units.stretches + s) * lines + i) * line_floats;
        if (row >= 0 && row < p.across.size) {
          kernels.input(unit.tiles, p.ic, line, from + row * p.across.source, to, plane);
        } else {
          for (int64_t f = 0; f < kernels.patch; f++) std::fill_n(to + f * plane, line_floats, 0.0f);
        }
      }
    }
  }
}

bool is_line_winograd(const ConvProblem& p, ConvPrecision precision) {
  if (precision == ConvPrecision::strict || p.g != 1 || p.ic < kLeastChannels || p.oc < kLeastChannels) return false;
  if (p.n == 0 || p.sd != 1 || p.sh != 1 || p.sw != 1) return false;
  // Sizes that do not follow from each other: an input with positions that no output reads.
  if (p.od != p.id + 2 * p.pd - (p.kd - 1) * p.dd || p.oh != p.ih + 2 * p.ph - (p.kh - 1) * p.dh ||
      p.ow != p.iw + 2 * p.pw - (p.kw - 1) * p.dw) {
    return false;
  }
  const LineProblem lines(p, false);
  if (lines.along.kernel < 3 || lines.along.dilation != 1) return false;
  const int64_t tile = precision == ConvPrecision::fast ? 4 : 2;
  const auto wins = [&](int64_t outputs) {
    const int64_t products = (tile + 2) * ceil_div(lines.along.kernel, 3) * ceil_div(outputs, tile);
    return kOverhead * static_cast<double>(products) < static_cast<double>(lines.along.kernel * outputs);
  };
  const bool short_sums = precision == ConvPrecision::fast && p.n * p.output_pixels() < kLeastPositions;
  return !short_sums && wins(lines.along.outputs) && wins(lines.along.size);
}

void line_winograd_forward(const Context& context, const ConvProblem& p, const float* input, const float* weight,
                           const float* bias, float* output, Moments* moments) {
  const int64_t filter = p.taps() * p.ic;
  run(context, LineProblem(p, false), input, bias, output, moments,
      [&](int64_t tap, int64_t column, int64_t columns, int64_t width, float* target) {
        context.kernels->pack.transposed(p.ic, columns, width, weight + column * filter + tap * p.ic, filter, target);
      });
}

void line_winograd_backward_input(const Context& context, const ConvProblem& p, const float* grad_output,
                                  const float* weight, float* grad_input) {
  const int64_t filter = p.taps() * p.ic;
  run(context, LineProblem(p, true), grad_output, nullptr, grad_input, nullptr,
      [&](int64_t tap, int64_t column, int64_t columns, int64_t width, float* target) {
        const float* turned = weight + (p.taps() - 1 - tap) * p.ic + column;
        context.kernels->pack.rows(p.oc, columns, width, turned, filter, target);
      });
}

}  // namespace strided
