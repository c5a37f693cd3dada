#include <algorithm>

#include "panels.h"
#include "parts.h"
#include "winograd.h"
#include "winograd_tiles.h"

namespace strided {
namespace {

// Products of up to this many floats (36 frequencies of 64 x 64 channels) stay in L2 while a thread adds to them.
constexpr int64_t kResidentProducts = 160 << 10;
// Tiles whose transforms one block holds beside them, by floats: a block is the depth of the products, so at least 24.
constexpr int64_t kBlockFloats = 128 << 10;
constexpr int64_t kLeastBlock = 24;
// Shares of the tiles with products of their own, added in order at the end; each is worth some blocks.
constexpr int64_t kMaxParts = 16;
constexpr int64_t kBlocksPerPart = 4;

// Floats of V and D that one step holds: a third of a desktop's L3.
constexpr int64_t kStepFloats = 3 << 20;
// Output channels of one block of products.
constexpr int64_t kBlockRows = 32;
// With this many blocks each is taken through all frequencies and transformed on the spot; with fewer, frequencies are
// shared out as well and the transform is a step of its own.
constexpr int64_t kManyBlocks = 32;

// V is [frequency, tile, channels of each phase of the input in turn], D [frequency, tile, output channels]; a block is
// some output channels by one panel of one phase.
struct Plan {
  WinogradPhases phases;
  WinogradTiles inputs, gradients;
  int64_t ic, oc, frequencies, products;
  int64_t filter;        // floats of one, [taps, ic]
  int64_t tap, tap_row;  // floats from a tap of a phase to the next
  Panels panels;         // of one phase
  Slices rows, steps;
  int64_t most;         // tiles of a step
  int64_t block_plane;  // floats of one frequency of one block's products

  Plan(const KernelTable& kernels, ConvAlgorithm algorithm, const ConvProblem& p)
      : phases(kernels, algorithm),
        inputs({p.n, p.ih, p.iw, p.ic, p.oh, p.ow, p.ph, p.pw, p.dh, p.dw, phases.stride(), m()}),
        gradients({p.n, p.oh, p.ow, p.oc, p.oh, p.ow, 0, 0, p.dh, p.dw, 1, m()}),
        ic(p.ic),
        oc(p.oc),
        frequencies(phases.frequencies()),
        products(phases.products()),
        filter(p.taps() * p.ic),
        tap(phases.stride() * p.ic),
        tap_row(phases.stride() * p.kw * p.ic),
        panels(kernels.gemm, p.ic),
        rows(p.oc, kBlockRows),
        steps(inputs.count(), std::max<int64_t>(32, kStepFloats / tile_floats())),
        most(ceil_div(inputs.count(), steps.count)),
        block_plane(ceil_div(p.oc, rows.count) * panels.max_width() + kPlanePadding) {}

  int64_t m() const { return phases.whole().kernels.tile; }
  int64_t all_panels() const { return phases.count() * panels.count(); }
  int64_t blocks() const { return rows.count * all_panels(); }
  int64_t block_floats() const { return frequencies * block_plane; }
  int64_t depth() const { return phases.count() * ic; }
  int64_t tile_floats() const { return products * ic + frequencies * oc; }
  int64_t v_plane(int64_t count) const { return count * depth() + kPlanePadding; }
  int64_t d_plane(int64_t count) const { return count * oc + kPlanePadding; }
};

// Adds the products of frequency f over `count` tiles, of all rows from `row` on and one panel of one phase.
void multiply(const KernelTable& kernels, const Plan& plan, int64_t f, int64_t row, int64_t rows, int64_t phase,
              int64_t panel, int64_t count, bool first, const float* v, const float* d, float* m, int64_t m_row) {
  const GemmRun run{0, 0, count};
  GemmTile tile{};
  tile.rows = rows;
  tile.columns = plan.panels.columns(panel);
  tile.units = plan.panels.units(panel);
  tile.a = d + f * plan.d_plane(count) + row;
  tile.a_k = plan.oc;
  tile.b = v + f * plan.v_plane(count) + phase * plan.ic + plan.panels.first_column(panel);
  tile.b_k = plan.depth();
  tile.runs = &run;
  tile.run_count = 1;
  tile.accumulate = !first;
  tile.c = m;
  tile.c_row = m_row;
  kernels.gemm.outer(tile);
}

// Gᵀ m G of `count` input channels of one phase into their places in a filter, [taps, ic].
void transform_row(const Plan& plan, int64_t phase, int64_t count, const float* m, int64_t plane, float* filter) {
  const WinogradPhase at = plan.phases[phase];
  float* first = filter + at.row * (plan.tap_row / plan.phases.stride()) + at.column * plan.ic;
  at.kernels.weight_gradient(count, m, plane, first, plan.tap_row, plan.tap);
}

// The same for all rows of one block.
void transform_block(const Plan& plan, int64_t block, const float* m, float* grad_weight) {
  const int64_t i = block / plan.all_panels();
  const int64_t panel = block % plan.panels.count();
  const int64_t phase = block % plan.all_panels() / plan.panels.count();
  for (int64_t row = plan.rows.begin(i); row < plan.rows.end(i); row++) {
    transform_row(plan, phase, plan.panels.columns(panel), m + (row - plan.rows.begin(i)) * plan.panels.width(panel),
                  plan.block_plane, grad_weight + row * plan.filter + plan.panels.first_column(panel));
  }
}

void transform_tile(const Plan& plan, int64_t tile, const float* input, const float* grad_output, const float* zeros,
                    float* v, int64_t v_plane, float* d, int64_t d_plane) {
  const float* pixels[kWinogradPixels];
  for (int64_t i = 0; i < plan.phases.count(); i++) {
    const WinogradPhase phase = plan.phases[i];
    const WinogradPatch patch{phase.row, phase.column, phase.kernels.patch_rows, phase.kernels.patch_columns};
    plan.inputs.pixels(tile, patch, input, zeros, pixels);
    phase.kernels.input(plan.ic, pixels, plan.inputs.ahead(), v + i * plan.ic, v_plane);
  }
  plan.gradients.pixels(tile, {0, 0, plan.m(), plan.m()}, grad_output, zeros, pixels);
  plan.phases.whole().kernels.gradient(plan.oc, pixels, plan.gradients.ahead(), d, d_plane);
}

// Each slice takes its share of the tiles through transforms and products, block by block, and its products through the
// last transform while they are in L2.
void run_fused(const Context& context, const Plan& plan, const float* input, const float* grad_output,
               const float* zeros, float* grad_weight) {
  const int64_t tiles = plan.inputs.count();
  const int64_t block = std::clamp<int64_t>(kBlockFloats / plan.tile_floats(), kLeastBlock, 128);
  const Slices parts(tiles, std::max(ceil_div(tiles, kMaxParts), kBlocksPerPart * block));
  const int64_t m_plane = plan.oc * plan.depth() + kPlanePadding;
  const int64_t v_floats = plan.frequencies * plan.v_plane(block);
  const int64_t d_floats = plan.frequencies * plan.d_plane(block);
  const ThreadWorkspace<float> scratch(context, v_floats + d_floats + plan.frequencies * m_plane);
  const Workspace<float> partial(context, parts.count == 1 ? 0 : parts.count * plan.oc * plan.filter);
  context.parallel(parts.count, [&](int64_t part, int thread) {
    float* v = scratch.get(thread);
    float* d = v + v_floats;
    float* m = d + d_floats;
    for (int64_t begin = parts.begin(part); begin < parts.end(part); begin += block) {
      const int64_t count = std::min(block, parts.end(part) - begin);
      for (int64_t t = 0; t < count; t++) {
        transform_tile(plan, begin + t, input, grad_output, zeros, v + t * plan.depth(), plan.v_plane(count),
                       d + t * plan.oc, plan.d_plane(count));
      }
      const int64_t next = begin + count;
      const TileShares shares(next, std::min(next + block, parts.end(part)), plan.frequencies);
      for (int64_t f = 0; f < plan.frequencies; f++) {
        plan.inputs.fetch_sources(shares[f], input);
        plan.gradients.fetch_sources(shares[f], grad_output);
        for (int64_t phase = plan.phases.begin(f); phase < plan.phases.end(f); phase++) {
          for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
            multiply(*context.kernels, plan, f, 0, plan.oc, phase, panel, count, begin == parts.begin(part), v, d,
                     m + f * m_plane + phase * plan.ic + plan.panels.first_column(panel), plan.depth());
          }
        }
      }
    }
    float* target = parts.count == 1 ? grad_weight : partial.get() + part * plan.oc * plan.filter;
    for (int64_t row = 0; row < plan.oc; row++) {
      for (int64_t phase = 0; phase < plan.phases.count(); phase++) {
        transform_row(plan, phase, plan.ic, m + row * plan.depth() + phase * plan.ic, m_plane,
                      target + row * plan.filter);
      }
    }
  });
  if (parts.count > 1) add_parts(context, parts.count, plan.oc * plan.filter, partial.get(), grad_weight);
}

// All threads take a step's tiles through the transforms, then share out the products by block of channels.
void run_staged(const Context& context, const Plan& plan, const float* input, const float* grad_output,
                const float* zeros, float* grad_weight) {
  const KernelTable& kernels = *context.kernels;
  const Workspace<float> v(context, plan.frequencies * plan.v_plane(plan.most));
  const Workspace<float> d(context, plan.frequencies * plan.d_plane(plan.most));
  const bool many = plan.blocks() >= kManyBlocks;
  // Blocks that are finished in one step need no memory beyond the step.
  const bool kept = !many || plan.steps.count > 1;
  const Workspace<float> m(context, kept ? plan.blocks() * plan.block_floats() : 0);
  const ThreadWorkspace<float> scratch(context, kept ? 0 : plan.block_floats());
  for (int64_t step = 0; step < plan.steps.count; step++) {
    const int64_t begin = plan.steps.begin(step);
    const int64_t count = plan.steps.end(step) - begin;
    const bool last = step + 1 == plan.steps.count;
    const Slices groups(count, 4);
    context.parallel(groups.count, [&](int64_t slice, int) {
      for (int64_t t = groups.begin(slice); t < groups.end(slice); t++) {
        transform_tile(plan, begin + t, input, grad_output, zeros, v.get() + t * plan.depth(), plan.v_plane(count),
                       d.get() + t * plan.oc, plan.d_plane(count));
      }
    });
    const int64_t shares = many ? 1 : plan.frequencies;
    const int64_t next = begin + count;
    const TileShares next_tiles(next, last ? next : plan.steps.end(step + 1), plan.blocks() * shares);
    context.parallel(plan.blocks() * shares, [&](int64_t slice, int thread) {
      const int64_t block = slice / shares;
      float* target = kept ? m.get() + block * plan.block_floats() : scratch.get(thread);
      const int64_t f_begin = many ? 0 : slice % shares;
      const int64_t f_end = many ? plan.frequencies : f_begin + 1;
      const int64_t row = plan.rows.begin(block / plan.all_panels());
      const int64_t panel = block % plan.panels.count();
      const int64_t phase = block % plan.all_panels() / plan.panels.count();
      plan.inputs.fetch_sources(next_tiles[slice], input);
      plan.gradients.fetch_sources(next_tiles[slice], grad_output);
      for (int64_t f = f_begin; f < f_end; f++) {
        if (!plan.phases[phase].has(f)) continue;
        multiply(kernels, plan, f, row, plan.rows.end(block / plan.all_panels()) - row, phase, panel, count, step == 0,
                 v.get(), d.get(), target + f * plan.block_plane, plan.panels.width(panel));
      }
      if (many && last) transform_block(plan, block, target, grad_weight);
    });
  }
  if (many) return;
  context.parallel(plan.blocks(), [&](int64_t block, int) {
    transform_block(plan, block, m.get() + block * plan.block_floats(), grad_weight);
  });
}

}  // namespace

void winograd_backward_weight(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p, const float* input,
                              const float* grad_output, float* grad_weight) {
  const Plan plan(*context.kernels, algorithm, p);
  const Workspace<float> zeros(context, std::max(p.ic, p.oc));
  std::fill_n(zeros.get(), std::max(p.ic, p.oc), 0.0f);
  const bool fused = plan.products * p.ic * p.oc <= kResidentProducts;
  (fused ? run_fused : run_staged)(context, plan, input, grad_output, zeros.get(), grad_weight);
}

}  // namespace strided
