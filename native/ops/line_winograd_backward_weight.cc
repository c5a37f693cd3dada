#include <algorithm>

#include "line_winograd.h"
#include "panels.h"
#include "parts.h"

namespace strided {
namespace {

// Shares of the units with products of their own, added in order at the end, as far as all gradients stay in L3.
constexpr int64_t kMaxParts = 16;
constexpr int64_t kPartFloats = 2 << 20;
// Tiles of a unit: the depth of its products, which are added to memory once for each.
constexpr int64_t kUnitTiles = 96;
constexpr int64_t kPlanePadding = 16;

struct Plan {
  const LineWinogradKernels& w;
  const LineProblem& p;
  LineUnits units;
  Slices parts;
  Panels panels;
  int64_t lines;  // of taps: across all other dimensions
  int64_t v_plane, d_plane, m_plane;

  Plan(const Context& context, const LineProblem& problem)
      : w(line_winograd_for(context)),
        p(problem),
        units(problem, w.tile, kUnitTiles),
        parts(units.count(), ceil_div(units.count(), std::clamp<int64_t>(kPartFloats / weights(), 1, kMaxParts))),
        panels(context.kernels->gemm, problem.ic),
        lines(problem.depth.kernel * problem.across.kernel),
        v_plane(units.most_source() + kPlanePadding),
        d_plane(units.most_tiles() * problem.oc + kPlanePadding),
        m_plane(lines * units.stretches * problem.oc * problem.ic + kPlanePadding) {}

  int64_t weights() const { return p.oc * p.taps * p.ic; }
};

// d[f][line][tile][channel]
void transform_gradient(const Plan& plan, const LineUnit& unit, const float* grad_output, float* d) {
  const LineProblem& p = plan.p;
  const WinogradLine line{unit.first * plan.w.tile, p.along.outputs, p.along.output};
  const float* from = grad_output + unit.n * p.output_image() + unit.z * p.depth.output + unit.row * p.across.output;
  for (int64_t row = 0; row < unit.rows; row++) {
    plan.w.gradient(unit.tiles, p.oc, line, from + row * p.across.output, d + row * unit.tiles * p.oc, plan.d_plane);
  }
}

// Adds the products of one unit to m[f][kd][across][stretch][out channel][in channel].
void multiply(const KernelTable& kernels, const Plan& plan, const LineUnit& unit, const float* v, const float* d,
              float* m) {
  const LineProblem& p = plan.p;
  const int64_t stretches = plan.units.stretches;
  const int64_t source_rows = plan.units.source_rows(unit.rows);
  const GemmRun run{0, 0, unit.rows * unit.tiles};
  GemmTile tile{};
  tile.rows = p.oc;
  tile.a_k = p.oc;
  tile.b_k = p.ic;
  tile.b_run = 1;
  tile.runs = &run;
  tile.run_count = 1;
  tile.accumulate = true;
  tile.c_row = p.ic;
  for (int64_t f = 0; f < plan.w.patch; f++) {
    tile.a = d + f * plan.d_plane;
    for (int64_t i = 0; i < plan.lines * stretches; i++) {
      const int64_t kd = i / stretches / p.across.kernel;
      const int64_t k = i / stretches % p.across.kernel;
      const int64_t z = unit.z - p.depth.pad + kd * p.depth.dilation;
      if (z < 0 || z >= p.depth.size) continue;
      const int64_t row = (kd * stretches + i % stretches) * source_rows + k * p.across.dilation;
      const float* b = v + f * plan.v_plane + row * unit.tiles * p.ic;
      for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
        const int64_t column = plan.panels.first_column(panel);
        tile.columns = plan.panels.columns(panel);
        tile.units = plan.panels.units(panel);
        tile.b = b + column;
        tile.c = m + f * plan.m_plane + i * p.oc * p.ic + column;
        kernels.gemm.outer(tile);
      }
    }
  }
}

// The products of a part to their places in [oc, taps, ic].
void transform_products(const Plan& plan, const float* m, float* grad_weight) {
  const LineProblem& p = plan.p;
  const int64_t stretches = plan.units.stretches;
  for (int64_t i = 0; i < plan.lines * stretches; i++) {
    const int64_t line = i / stretches;
    const int64_t along = 3 * (i % stretches);
    const int64_t tap =
        line / p.across.kernel * p.depth.tap + line % p.across.kernel * p.across.tap + along * p.along.tap;
    for (int64_t oc = 0; oc < p.oc; oc++) {
      plan.w.weight_gradient(p.ic, m + (i * p.oc + oc) * p.ic, plan.m_plane,
                             std::min<int64_t>(3, p.along.kernel - along), p.along.tap * p.ic,
                             grad_weight + (oc * p.taps + tap) * p.ic);
    }
  }
}

}  // namespace

void line_winograd_backward_weight(const Context& context, const ConvProblem& problem, const float* input,
                                   const float* grad_output, float* grad_weight) {
  const LineProblem p(problem, false);
  const Plan plan(context, p);
  const int64_t patch = plan.w.patch;
  const ThreadWorkspace<float> v(context, patch * plan.v_plane);
  const ThreadWorkspace<float> d(context, patch * plan.d_plane);
  const ThreadWorkspace<float> m(context, patch * plan.m_plane);
  const Workspace<float> partial(context, plan.parts.count == 1 ? 0 : plan.parts.count * plan.weights());
  context.parallel(plan.parts.count, [&](int64_t part, int thread) {
    std::fill_n(m.get(thread), patch * plan.m_plane, 0.0f);
    for (int64_t i = plan.parts.begin(part); i < plan.parts.end(part); i++) {
      const LineUnit unit(plan.units, i);
      transform_source(plan.w, plan.units, unit, input, v.get(thread), plan.v_plane);
      transform_gradient(plan, unit, grad_output, d.get(thread));
      multiply(*context.kernels, plan, unit, v.get(thread), d.get(thread), m.get(thread));
    }
    transform_products(plan, m.get(thread),
                       plan.parts.count == 1 ? grad_weight : partial.get() + part * plan.weights());
  });
  if (plan.parts.count > 1) add_parts(context, plan.parts.count, plan.weights(), partial.get(), grad_weight);
}

}  // namespace strided
