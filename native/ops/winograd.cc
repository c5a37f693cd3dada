#include "winograd.h"

#include <algorithm>

#include "winograd_plan.h"

namespace strided {
namespace {

// Transformed weights up to here are streamed from L2 or L3 by each slice, which then keeps its tiles in L2 through all
// three steps; larger ones are read once, by a step of products over many tiles.
constexpr int64_t kResidentWeights = 640 << 10;  // floats
// Floats of V and M that one slice, or one step, holds: a quarter of L2, beside the weights, and an eighth of a
// desktop's L3, which others use as well.
constexpr int64_t kSliceFloats = 64 << 10;
constexpr int64_t kStepFloats = 1 << 20;
// Input channels whose weights are transformed at a time.
constexpr int64_t kWeightDepth = 32;
// From here on transformed weights leave L3: each panel's are then made when they are needed, this many input channels
// at a time, which stay in L2 beside the products of so many tiles.
constexpr int64_t kStreamedWeights = 4 << 20;  // floats
constexpr int64_t kStreamedDepth = 64;
constexpr int64_t kStreamedTiles = 160;
// Tiles that a slice of a transform takes.
constexpr int64_t kGroupTiles = 4;

// Products of frequency f for one panel over `count` tiles.
void multiply(const KernelTable& kernels, const WinogradPlan& plan, int64_t f, int64_t panel, int64_t count,
              const float* v, const float* u, float* m) {
  const auto phases = plan.sum_phases(f, panel);
  if (phases.end == phases.begin) return;
  const int64_t within = panel % plan.panels.count();
  GemmTile tile{};
  tile.rows = count;
  tile.columns = plan.panels.columns(within);
  tile.units = plan.panels.units(within);
  tile.a = v + f * plan.v_plane(count);
  tile.a_row = plan.depth();
  tile.a_k = 1;
  tile.b = u + f * plan.u_plane() + plan.u_panel(panel);
  tile.b_k = tile.b_run = plan.panels.width(within);
  const GemmRun run{phases.begin * plan.ic, phases.begin * plan.ic, (phases.end - phases.begin) * plan.ic};
  tile.runs = &run;
  tile.run_count = 1;
  tile.c = m + f * plan.m_plane(count) + panel / plan.panels.count() * plan.oc + plan.panels.first_column(within);
  tile.c_row = plan.columns();
  kernels.gemm.panel(tile);
}

// Each slice takes its tiles through all three steps.
void run_fused(const Context& context, const WinogradPlan& plan, const float* source, const float* zeros,
               const float* u) {
  // 12 to 96 tiles, a multiple of the 12 rows that two panels' tiles are made of.
  const int64_t wanted = std::clamp<int64_t>(kSliceFloats / plan.tile_floats() / 12 * 12, 12, 96);
  const Slices blocks(plan.tiles.count(), wanted);
  const int64_t most = ceil_div(plan.tiles.count(), blocks.count);
  const int64_t v_floats = plan.frequencies * plan.v_plane(most);
  const ThreadWorkspace<float> scratch(context, v_floats + plan.frequencies * plan.m_plane(most));
  if (plan.moments != nullptr) plan.moments->begin(blocks.count);
  context.parallel(blocks.count, [&](int64_t slice, int thread) {
    float* v = scratch.get(thread);
    float* m = v + v_floats;
    const int64_t begin = blocks.begin(slice);
    const int64_t count = blocks.end(slice) - begin;
    for (int64_t t = 0; t < count; t++) {
      plan.transform_input(begin + t, source, zeros, v + t * plan.depth(), plan.v_plane(count));
    }
    const int64_t next = std::min(slice + 1, blocks.count - 1);
    const TileShares next_sources(blocks.begin(next), blocks.end(next), plan.frequencies);
    const TileShares targets(begin, begin + count, plan.frequencies);
    for (int64_t f = 0; f < plan.frequencies; f++) {
      plan.tiles.fetch_sources(next_sources[f], source);
      plan.fetch_targets(targets[f]);
      for (int64_t panel = 0; panel < plan.all_panels(); panel++) {
        multiply(*context.kernels, plan, f, panel, count, v, u, m);
      }
    }
    for (int64_t t = 0; t < count; t++) {
      plan.transform_outputs(begin + t, m + t * plan.columns(), plan.m_plane(count), {slice, t == 0});
    }
  });
}

// All threads take a step's tiles through one step after the other; each frequency's weights are read once a step.
void run_staged(const Context& context, const WinogradPlan& plan, const float* source, const float* zeros,
                const float* u) {
  const Slices steps(plan.tiles.count(), std::max<int64_t>(48, kStepFloats / plan.tile_floats()));
  const int64_t most = ceil_div(plan.tiles.count(), steps.count);
  const Workspace<float> v(context, plan.frequencies * plan.v_plane(most));
  const Workspace<float> m(context, plan.frequencies * plan.m_plane(most));
  const int64_t most_groups = Slices(most, kGroupTiles).count;
  if (plan.moments != nullptr) plan.moments->begin(steps.count * most_groups);
  for (int64_t step = 0; step < steps.count; step++) {
    const int64_t begin = steps.begin(step);
    const int64_t count = steps.end(step) - begin;
    const Slices groups(count, kGroupTiles);
    context.parallel(groups.count, [&](int64_t slice, int) {
      for (int64_t t = groups.begin(slice); t < groups.end(slice); t++) {
        plan.transform_input(begin + t, source, zeros, v.get() + t * plan.depth(), plan.v_plane(count));
      }
    });
    const int64_t products = plan.frequencies * plan.all_panels();
    const TileShares next_sources(begin + count, step + 1 < steps.count ? steps.end(step + 1) : begin + count,
                                  products);
    const TileShares targets(begin, begin + count, products);
    context.parallel(products, [&](int64_t slice, int) {
      plan.tiles.fetch_sources(next_sources[slice], source);
      plan.fetch_targets(targets[slice]);
      multiply(*context.kernels, plan, slice / plan.all_panels(), slice % plan.all_panels(), count, v.get(), u,
               m.get());
    });
    context.parallel(groups.count, [&](int64_t slice, int) {
      const int64_t first = groups.begin(slice);
      for (int64_t t = first; t < groups.end(slice); t++) {
        plan.transform_outputs(begin + t, m.get() + t * plan.columns(), plan.m_plane(count),
                               {step * most_groups + slice, t == first});
      }
    });
  }
}

// Transforms the weights of input channels [k, k + depth) of one phase and panel; `taps` has room for them.
template <typename Pack>
void transform_weights(const WinogradPlan& plan, const WinogradPhase& phase, int64_t panel, int64_t k, int64_t depth,
                       Pack pack, float* taps, float* u, int64_t plane) {
  const int64_t size = depth * plan.panels.width(panel);
  for (int64_t tap = 0; tap < phase.taps(); tap++) pack(phase, tap, k, depth, panel, taps + tap * size);
  phase.kernels.weights(size, taps, u, plane);
}

// All tiles are transformed; then each slice takes one panel of output channels through weights, products and output.
template <typename Pack>
void run_streamed(const Context& context, const WinogradPlan& plan, const float* source, const float* zeros,
                  Pack pack) {
  const int64_t count = plan.tiles.count();
  const int64_t v_plane = plan.v_plane(count);
  const Workspace<float> v(context, plan.frequencies * v_plane);
  const Slices groups(count, kGroupTiles);
  if (plan.moments != nullptr) plan.moments->begin(1);
  context.parallel(groups.count, [&](int64_t slice, int) {
    for (int64_t t = groups.begin(slice); t < groups.end(slice); t++) {
      plan.transform_input(t, source, zeros, v.get() + t * plan.depth(), v_plane);
    }
  });
  const Slices chunks(plan.ic, kStreamedDepth);
  const int64_t width = plan.panels.max_width();
  const int64_t u_plane = kStreamedDepth * width + kPlanePadding;
  const int64_t m_plane = count * width + kPlanePadding;
  const ThreadWorkspace<float> taps(context, plan.phases.whole().taps() * kWeightDepth * width);
  const ThreadWorkspace<float> u(context, plan.frequencies * u_plane);
  const ThreadWorkspace<float> m(context, plan.frequencies * m_plane);
  context.parallel(plan.all_panels(), [&](int64_t panel, int thread) {
    const int64_t within = panel % plan.panels.count();
    const int64_t target_phase = panel / plan.panels.count();
    GemmTile tile{};
    tile.rows = count;
    tile.columns = plan.panels.columns(within);
    tile.units = plan.panels.units(within);
    tile.a_row = plan.depth();
    tile.a_k = 1;
    tile.b_k = plan.panels.width(within);
    tile.c_row = tile.b_k;
    for (int64_t i = 0; i < plan.source_phases() * chunks.count; i++) {
      const int64_t source_phase = i / chunks.count;
      const WinogradPhase phase = plan.phases[plan.scatters ? target_phase : source_phase];
      const int64_t k = chunks.begin(i % chunks.count);
      const int64_t depth = chunks.end(i % chunks.count) - k;
      const Slices strips(depth, kWeightDepth);
      for (int64_t j = 0; j < strips.count; j++) {
        const int64_t at = strips.begin(j);
        transform_weights(plan, phase, within, k + at, strips.end(j) - at, pack, taps.get(thread),
                          u.get(thread) + at * tile.b_k, u_plane);
      }
      const GemmRun run{0, 0, depth};
      tile.runs = &run;
      tile.run_count = 1;
      for (int64_t f = 0; f < plan.frequencies; f++) {
        if (!phase.has(f)) continue;
        tile.accumulate = i > plan.sum_phases(f, panel).begin * chunks.count;
        tile.a = v.get() + f * v_plane + source_phase * plan.ic + k;
        tile.b = u.get(thread) + f * u_plane;
        tile.c = m.get(thread) + f * m_plane;
        context.kernels->gemm.panel(tile);
      }
    }
    for (int64_t t = 0; t < count; t++) {
      plan.transform_output(t, target_phase, plan.panels.first_column(within), tile.columns,
                            m.get(thread) + t * tile.c_row, m_plane, {0, t == 0});
    }
  });
}

// pack(phase, tap of it, first input channel, channels, panel, target) writes one tap's weights as [channels, panel
// width].
template <typename Pack>
void run(const Context& context, const WinogradPlan& plan, const float* source, Pack pack) {
  const Workspace<float> zeros(context, plan.ic);
  std::fill_n(zeros.get(), plan.ic, 0.0f);
  if (plan.u_floats() >= kStreamedWeights && plan.tiles.count() <= kStreamedTiles) {
    return run_streamed(context, plan, source, zeros.get(), pack);
  }
  const Workspace<float> u(context, plan.frequencies * plan.u_plane());
  const Slices depths(plan.ic, kWeightDepth);
  const ThreadWorkspace<float> taps(context, plan.phases.whole().taps() * kWeightDepth * plan.panels.max_width());
  context.parallel(plan.phases.count() * plan.panels.count() * depths.count, [&](int64_t slice, int thread) {
    const int64_t phase = slice / depths.count / plan.panels.count();
    const int64_t within = slice / depths.count % plan.panels.count();
    const int64_t k = depths.begin(slice % depths.count);
    const int64_t panel = plan.scatters ? phase * plan.panels.count() + within : within;
    const int64_t row = plan.scatters ? k : phase * plan.ic + k;
    transform_weights(plan, plan.phases[phase], within, k, depths.end(slice % depths.count) - k, pack, taps.get(thread),
                      u.get() + plan.u_panel(panel) + row * plan.panels.width(within), plan.u_plane());
  });
  const bool fused = plan.u_floats() <= kResidentWeights;
  (fused ? run_fused : run_staged)(context, plan, source, zeros.get(), u.get());
}

}  // namespace

void winograd_forward(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p, const float* input,
                      const float* weight, const float* bias, float* output, Moments* moments) {
  const auto& pack = context.kernels->pack;
  const WinogradPhases phases(*context.kernels, algorithm);
  const WinogradTiles tiles(
      {p.n, p.ih, p.iw, p.ic, p.oh, p.ow, p.ph, p.pw, p.dh, p.dw, phases.stride(), phases.whole().kernels.tile});
  const WinogradTarget target{output, p.oh, p.ow, p.oc, 1, 0, 0, p.relu};
  const WinogradPlan plan{
      phases, false,  tiles, target, p.ic, p.oc, Panels(context.kernels->gemm, p.oc), phases.frequencies(),
      bias,   moments};
  run(context, plan, input,
      [&](const WinogradPhase& phase, int64_t tap, int64_t k, int64_t depth, int64_t panel, float* to) {
        const int64_t row = phase.row + tap / phase.kernels.kernel_columns * phases.stride();
        const int64_t column = phase.column + tap % phase.kernels.kernel_columns * phases.stride();
        const int64_t filter = plan.panels.first_column(panel) * p.taps();
        const float* from = weight + (filter + row * p.kw + column) * p.ic + k;
        pack.transposed(depth, plan.panels.columns(panel), plan.panels.width(panel), from, p.taps() * p.ic, to);
      });
}

void winograd_backward_input(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p,
                             const float* grad_output, const float* weight, float* grad_input) {
  const auto& pack = context.kernels->pack;
  const WinogradPhases phases(*context.kernels, algorithm);
  const int64_t stride = phases.stride();
  // Positions are the input pixels of one phase; a stride's padding of 1 puts the first under the first output.
  const int64_t ph = stride > 1 ? 0 : (p.kh - 1) * p.dh - p.ph;
  const int64_t pw = stride > 1 ? 0 : (p.kw - 1) * p.dw - p.pw;
  const WinogradTiles tiles({p.n, p.oh, p.ow, p.oc, ceil_div(p.ih, stride), ceil_div(p.iw, stride), ph, pw, p.dh, p.dw,
                             1, phases.whole().kernels.tile});
  const WinogradTarget target{grad_input, p.ih, p.iw, p.ic, stride, 0, 0, false};
  const WinogradPlan plan{
      phases,  stride > 1, tiles, target, p.oc, p.ic, Panels(context.kernels->gemm, p.ic), phases.frequencies(),
      nullptr, nullptr};
  run(context, plan, grad_output,
      [&](const WinogradPhase& phase, int64_t tap, int64_t k, int64_t depth, int64_t panel, float* to) {
        // The last tap first.
        const int64_t turned = phase.taps() - 1 - tap;
        const int64_t row = phase.row + turned / phase.kernels.kernel_columns * stride;
        const int64_t column = phase.column + turned % phase.kernels.kernel_columns * stride;
        const float* from = weight + (k * p.taps() + row * p.kw + column) * p.ic + plan.panels.first_column(panel);
        pack.rows(depth, plan.panels.columns(panel), plan.panels.width(panel), from, p.taps() * p.ic, to);
      });
}

}  // namespace strided
