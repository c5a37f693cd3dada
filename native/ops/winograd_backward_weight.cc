#include <algorithm>

#include "panels.h"
#include "winograd.h"

namespace strided {
namespace {

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
        inputs{p.n, p.ih, p.iw, p.ic, p.oh, p.ow, p.ph, p.pw, winograd.tile, winograd.patch},
        gradients{p.n, p.oh, p.ow, p.oc, p.oh, p.ow, 0, 0, winograd.tile, winograd.tile},
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

// Gᵀ m G of one block into its place in [oc, 9, ic].
void transform_block(const Plan& plan, int64_t block, const float* m, float* grad_weight) {
  const Slices& rows = plan.rows;
  const int64_t i = block / plan.panels.count();
  const int64_t panel = block % plan.panels.count();
  for (int64_t row = rows.begin(i); row < rows.end(i); row++) {
    plan.w.weight_gradient(plan.panels.columns(panel), m + (row - rows.begin(i)) * plan.panels.width(panel),
                           plan.block_plane, grad_weight + row * 9 * plan.ic + plan.panels.first_column(panel),
                           plan.ic);
  }
}

}  // namespace

void winograd_backward_weight(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p, const float* input,
                              const float* grad_output, float* grad_weight) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels, winograd_kernels(kernels, algorithm), p);
  const Workspace<float> zeros(context, std::max(p.ic, p.oc));
  std::fill_n(zeros.get(), std::max(p.ic, p.oc), 0.0f);
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
      const float* pixels[36];
      for (int64_t t = groups.begin(slice); t < groups.end(slice); t++) {
        plan.inputs.pixels(begin + t, input, zeros.get(), pixels);
        plan.w.input(plan.ic, pixels, v.get() + t * plan.ic, plan.v_plane(count));
        plan.gradients.pixels(begin + t, grad_output, zeros.get(), pixels);
        plan.w.gradient(plan.oc, pixels, d.get() + t * plan.oc, plan.d_plane(count));
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

}  // namespace strided
