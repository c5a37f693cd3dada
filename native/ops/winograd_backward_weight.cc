#include <algorithm>

#include "panels.h"
#include "parts.h"
#include "winograd.h"

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

struct Plan {
  const WinogradKernels& w;
  WinogradTiles inputs, gradients;
  int64_t ic, oc, frequencies;
  Panels panels;
  Slices rows, steps;
  int64_t most;         // tiles of a step
  int64_t block_plane;  // floats of one frequency of one block's products

  Plan(const KernelTable& kernels, const WinogradKernels& winograd, const ConvProblem& p)
      : w(winograd),
        inputs({p.n, p.ih, p.iw, p.ic, p.oh, p.ow, p.ph, p.pw, p.dh, p.dw, winograd.tile, winograd.patch}),
        gradients({p.n, p.oh, p.ow, p.oc, p.oh, p.ow, 0, 0, p.dh, p.dw, winograd.tile, winograd.tile}),
        ic(p.ic),
        oc(p.oc),
        frequencies(int64_t{winograd.patch} * winograd.patch),
        panels(kernels.gemm, p.ic),
        rows(p.oc, kBlockRows),
        steps(inputs.count(), std::max<int64_t>(32, kStepFloats / (frequencies * (p.ic + p.oc)))),
        most(ceil_div(inputs.count(), steps.count)),
        block_plane(ceil_div(p.oc, rows.count) * panels.max_width() + kPlanePadding) {}

  int64_t blocks() const { return rows.count * panels.count(); }
  int64_t block_floats() const { return frequencies * block_plane; }
  int64_t v_plane(int64_t count) const { return count * ic + kPlanePadding; }
  int64_t d_plane(int64_t count) const { return count * oc + kPlanePadding; }
};

// Adds the products of frequency f over `count` tiles to a block.
void multiply(const KernelTable& kernels, const Plan& plan, int64_t block, int64_t f, int64_t count, bool first,
              const float* v, const float* d, float* m) {
  const int64_t row = plan.rows.begin(block / plan.panels.count());
  const int64_t panel = block % plan.panels.count();
  const GemmRun run{0, 0, count};
  GemmTile tile{};
  tile.rows = plan.rows.end(block / plan.panels.count()) - row;
  tile.columns = plan.panels.columns(panel);
  tile.units = plan.panels.units(panel);
  tile.a = d + f * plan.d_plane(count) + row;
  tile.a_k = plan.oc;
  tile.b = v + f * plan.v_plane(count) + plan.panels.first_column(panel);
  tile.b_k = plan.ic;
  tile.runs = &run;
  tile.run_count = 1;
  tile.accumulate = !first;
  tile.c = m + f * plan.block_plane;
  tile.c_row = plan.panels.width(panel);
  kernels.gemm.outer(tile);
}

// Gᵀ m G of one block into its place in [oc, taps, ic].
void transform_block(const Plan& plan, int64_t block, const float* m, float* grad_weight) {
  const Slices& rows = plan.rows;
  const int64_t filter = int64_t{plan.w.kernel} * plan.w.kernel * plan.ic;
  const int64_t i = block / plan.panels.count();
  const int64_t panel = block % plan.panels.count();
  for (int64_t row = rows.begin(i); row < rows.end(i); row++) {
    plan.w.weight_gradient(plan.panels.columns(panel), m + (row - rows.begin(i)) * plan.panels.width(panel),
                           plan.block_plane, grad_weight + row * filter + plan.panels.first_column(panel), plan.ic);
  }
}

void transform_tile(const Plan& plan, int64_t tile, const float* input, const float* grad_output, const float* zeros,
                    float* v, int64_t v_plane, float* d, int64_t d_plane) {
  const float* pixels[36];
  plan.inputs.pixels(tile, input, zeros, pixels);
  plan.w.input(plan.ic, pixels, plan.inputs.ahead(), v, v_plane);
  plan.gradients.pixels(tile, grad_output, zeros, pixels);
  plan.w.gradient(plan.oc, pixels, plan.gradients.ahead(), d, d_plane);
}

// Each slice takes its share of the tiles through transforms and products, block by block, and its products through the
// last transform while they are in L2.
void run_fused(const Context& context, const Plan& plan, const float* input, const float* grad_output,
               const float* zeros, float* grad_weight) {
  const int64_t tiles = plan.inputs.count();
  const int64_t tile_floats = plan.frequencies * (plan.ic + plan.oc);
  const int64_t block = std::clamp<int64_t>(kBlockFloats / tile_floats, kLeastBlock, 128);
  const Slices parts(tiles, std::max(ceil_div(tiles, kMaxParts), kBlocksPerPart * block));
  const int64_t m_plane = plan.oc * plan.ic + kPlanePadding;
  const int64_t filter = int64_t{plan.w.kernel} * plan.w.kernel * plan.ic;
  const int64_t v_floats = plan.frequencies * plan.v_plane(block);
  const int64_t d_floats = plan.frequencies * plan.d_plane(block);
  const ThreadWorkspace<float> scratch(context, v_floats + d_floats + plan.frequencies * m_plane);
  const Workspace<float> partial(context, parts.count == 1 ? 0 : parts.count * plan.oc * filter);
  context.parallel(parts.count, [&](int64_t part, int thread) {
    float* v = scratch.get(thread);
    float* d = v + v_floats;
    float* m = d + d_floats;
    for (int64_t begin = parts.begin(part); begin < parts.end(part); begin += block) {
      const int64_t count = std::min(block, parts.end(part) - begin);
      for (int64_t t = 0; t < count; t++) {
        transform_tile(plan, begin + t, input, grad_output, zeros, v + t * plan.ic, plan.v_plane(count),
                       d + t * plan.oc, plan.d_plane(count));
      }
      const GemmRun run{0, 0, count};
      for (int64_t f = 0; f < plan.frequencies; f++) {
        for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
          GemmTile tile{};
          tile.rows = plan.oc;
          tile.columns = plan.panels.columns(panel);
          tile.units = plan.panels.units(panel);
          tile.a = d + f * plan.d_plane(count);
          tile.a_k = plan.oc;
          tile.b = v + f * plan.v_plane(count) + plan.panels.first_column(panel);
          tile.b_k = plan.ic;
          tile.runs = &run;
          tile.run_count = 1;
          tile.accumulate = begin != parts.begin(part);
          tile.c = m + f * m_plane + plan.panels.first_column(panel);
          tile.c_row = plan.ic;
          context.kernels->gemm.outer(tile);
        }
      }
    }
    float* target = parts.count == 1 ? grad_weight : partial.get() + part * plan.oc * filter;
    for (int64_t row = 0; row < plan.oc; row++) {
      plan.w.weight_gradient(plan.ic, m + row * plan.ic, m_plane, target + row * filter, plan.ic);
    }
  });
  if (parts.count > 1) add_parts(context, parts.count, plan.oc * filter, partial.get(), grad_weight);
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
        transform_tile(plan, begin + t, input, grad_output, zeros, v.get() + t * plan.ic, plan.v_plane(count),
                       d.get() + t * plan.oc, plan.d_plane(count));
      }
    });
    const int64_t shares = many ? 1 : plan.frequencies;
    context.parallel(plan.blocks() * shares, [&](int64_t slice, int thread) {
      const int64_t block = slice / shares;
      float* target = kept ? m.get() + block * plan.block_floats() : scratch.get(thread);
      const int64_t f_begin = many ? 0 : slice % shares;
      const int64_t f_end = many ? plan.frequencies : f_begin + 1;
      for (int64_t f = f_begin; f < f_end; f++) {
        multiply(kernels, plan, block, f, count, step == 0, v.get(), d.get(), target);
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
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels, winograd_for(kernels, algorithm), p);
  const Workspace<float> zeros(context, std::max(p.ic, p.oc));
  std::fill_n(zeros.get(), std::max(p.ic, p.oc), 0.0f);
  const bool fused = plan.frequencies * p.ic * p.oc <= kResidentProducts;
  (fused ? run_fused : run_staged)(context, plan, input, grad_output, zeros.get(), grad_weight);
}

}  // namespace strided
