#include "winograd.h"

#include <algorithm>

#include "panels.h"

namespace strided {
namespace {

// Transformed weights up to here are streamed from L2 or L3 by each slice, which then keeps its tiles in L2 through all
// three steps; larger ones are read once, by a step of products over many tiles.
constexpr int64_t kResidentWeights = 640 << 10;  // floats
// Floats of V and M that one slice, or one step, holds: a quarter of L2, beside the weights, and a third of a desktop's
// L3.
constexpr int64_t kSliceFloats = 64 << 10;
constexpr int64_t kStepFloats = 2 << 20;
// Input channels whose weights are transformed at a time.
constexpr int64_t kWeightDepth = 32;
// From here on transformed weights leave L3: each panel's are then made when they are needed, this many input channels
// at a time, which stay in L2 beside the products of so many tiles.
constexpr int64_t kStreamedWeights = 4 << 20;  // floats
constexpr int64_t kStreamedDepth = 64;
constexpr int64_t kStreamedTiles = 160;
// Tiles that a slice of a transform takes.
constexpr int64_t kGroupTiles = 4;

struct Plan {
  const WinogradKernels& w;
  WinogradTiles tiles;
  int64_t ic, oc;
  Panels panels;
  int64_t frequencies;
  int64_t u_plane;
  const float* bias;
  Moments* moments;

  Plan(const KernelTable& kernels, const WinogradKernels& winograd, const WinogradImages& images, int64_t out_channels,
       const float* channel_bias, Moments* gathered)
      : w(winograd),
        tiles(images),
        ic(images.channels),
        oc(out_channels),
        panels(kernels.gemm, out_channels),
        frequencies(int64_t{winograd.patch} * winograd.patch),
        u_plane(ic * panels.total_width() + kPlanePadding),
        bias(channel_bias),
        moments(gathered) {}

  int64_t v_plane(int64_t count) const { return count * ic + kPlanePadding; }
  int64_t m_plane(int64_t count) const { return count * oc + kPlanePadding; }
  int64_t tile_floats() const { return frequencies * (ic + oc); }
  int64_t kernel_taps() const { return int64_t{w.kernel} * w.kernel; }
};

void transform_input(const Plan& plan, int64_t tile, const float* source, const float* zeros, float* v, int64_t plane) {
  const float* pixels[36];
  plan.tiles.pixels(tile, source, zeros, pixels);
  plan.w.input(plan.ic, pixels, plan.tiles.ahead(), v, plane);
}

// Which part of the moments a tile belongs to, and whether it is the part's first.
struct Share {
  int64_t part;
  bool starts;
};

// Channels [column, column + count) of one tile, whose products lie at `m`.
void transform_output(const Plan& plan, int64_t tile, int64_t column, int64_t count, const float* m, int64_t plane,
                      Share share, float* output) {
  WinogradOutput place = plan.tiles.place(tile, plan.oc, output);
  place.data += column;
  plan.w.output(count, m, plane, plan.bias == nullptr ? nullptr : plan.bias + column, place);
  if (plan.moments == nullptr) return;
  plan.moments->add(share.part, share.starts, column, count,
                    {place.data, place.rows, place.columns, place.row, place.pixel});
}

// Products of frequency f for one panel over `count` tiles.
void multiply(const KernelTable& kernels, const Plan& plan, int64_t f, int64_t panel, int64_t count, const float* v,
              const float* u, float* m) {
  const int64_t column = plan.panels.first_column(panel);
  const GemmRun run{0, 0, plan.ic};
  GemmTile tile{};
  tile.rows = count;
  tile.columns = plan.panels.columns(panel);
  tile.units = plan.panels.units(panel);
  tile.a = v + f * plan.v_plane(count);
  tile.a_row = plan.ic;
  tile.a_k = 1;
  tile.b = u + f * plan.u_plane + column * plan.ic;
  tile.b_k = plan.panels.width(panel);
  tile.runs = &run;
  tile.run_count = 1;
  tile.c = m + f * plan.m_plane(count) + column;
  tile.c_row = plan.oc;
  kernels.gemm.panel(tile);
}

// Each slice takes its tiles through all three steps.
void run_fused(const Context& context, const Plan& plan, const float* source, const float* zeros, const float* u,
               float* output) {
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
      transform_input(plan, begin + t, source, zeros, v + t * plan.ic, plan.v_plane(count));
    }
    for (int64_t f = 0; f < plan.frequencies; f++) {
      for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
        multiply(*context.kernels, plan, f, panel, count, v, u, m);
      }
    }
    for (int64_t t = 0; t < count; t++) {
      transform_output(plan, begin + t, 0, plan.oc, m + t * plan.oc, plan.m_plane(count), {slice, t == 0}, output);
    }
  });
}

// All threads take a step's tiles through one step after the other; each frequency's weights are read once a step.
void run_staged(const Context& context, const Plan& plan, const float* source, const float* zeros, const float* u,
                float* output) {
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
        transform_input(plan, begin + t, source, zeros, v.get() + t * plan.ic, plan.v_plane(count));
      }
    });
    context.parallel(plan.frequencies * plan.panels.count(), [&](int64_t slice, int) {
      multiply(*context.kernels, plan, slice / plan.panels.count(), slice % plan.panels.count(), count, v.get(), u,
               m.get());
    });
    context.parallel(groups.count, [&](int64_t slice, int) {
      const int64_t first = groups.begin(slice);
      for (int64_t t = first; t < groups.end(slice); t++) {
        transform_output(plan, begin + t, 0, plan.oc, m.get() + t * plan.oc, plan.m_plane(count),
                         {step * most_groups + slice, t == first}, output);
      }
    });
  }
}

// Transforms the weights of input channels [k, k + depth) of one panel; `taps` has room for them.
template <typename Pack>
void transform_weights(const Plan& plan, int64_t panel, int64_t k, int64_t depth, Pack pack, float* taps, float* u,
                       int64_t plane) {
  const int64_t size = depth * plan.panels.width(panel);
  for (int64_t tap = 0; tap < plan.kernel_taps(); tap++) pack(tap, k, depth, panel, taps + tap * size);
  plan.w.weights(size, taps, u, plane);
}

// All tiles are transformed; then each slice takes one panel of output channels through weights, products and output.
template <typename Pack>
void run_streamed(const Context& context, const Plan& plan, const float* source, const float* zeros, Pack pack,
                  float* output) {
  const int64_t count = plan.tiles.count();
  const int64_t v_plane = plan.v_plane(count);
  const Workspace<float> v(context, plan.frequencies * v_plane);
  const Slices groups(count, kGroupTiles);
  if (plan.moments != nullptr) plan.moments->begin(1);
  context.parallel(groups.count, [&](int64_t slice, int) {
    for (int64_t t = groups.begin(slice); t < groups.end(slice); t++) {
      transform_input(plan, t, source, zeros, v.get() + t * plan.ic, v_plane);
    }
  });
  const Slices chunks(plan.ic, kStreamedDepth);
  const int64_t width = plan.panels.max_width();
  const int64_t u_plane = kStreamedDepth * width + kPlanePadding;
  const int64_t m_plane = count * width + kPlanePadding;
  const ThreadWorkspace<float> taps(context, plan.kernel_taps() * kWeightDepth * width);
  const ThreadWorkspace<float> u(context, plan.frequencies * u_plane);
  const ThreadWorkspace<float> m(context, plan.frequencies * m_plane);
  context.parallel(plan.panels.count(), [&](int64_t panel, int thread) {
    const int64_t column = plan.panels.first_column(panel);
    GemmTile tile{};
    tile.rows = count;
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.a_row = plan.ic;
    tile.a_k = 1;
    tile.b_k = plan.panels.width(panel);
    tile.c_row = tile.b_k;
    for (int64_t i = 0; i < chunks.count; i++) {
      const int64_t k = chunks.begin(i);
      const int64_t depth = chunks.end(i) - k;
      const Slices strips(depth, kWeightDepth);
      for (int64_t j = 0; j < strips.count; j++) {
        const int64_t at = strips.begin(j);
        transform_weights(plan, panel, k + at, strips.end(j) - at, pack, taps.get(thread),
                          u.get(thread) + at * tile.b_k, u_plane);
      }
      const GemmRun run{0, 0, depth};
      tile.runs = &run;
      tile.run_count = 1;
      tile.accumulate = i > 0;
      for (int64_t f = 0; f < plan.frequencies; f++) {
        tile.a = v.get() + f * v_plane + k;
        tile.b = u.get(thread) + f * u_plane;
        tile.c = m.get(thread) + f * m_plane;
        context.kernels->gemm.panel(tile);
      }
    }
    for (int64_t t = 0; t < count; t++) {
      transform_output(plan, t, column, tile.columns, m.get(thread) + t * tile.c_row, m_plane, {0, t == 0}, output);
    }
  });
}

// pack(tap, first input channel, channels, panel, target) writes one tap's weights as [channels, panel width].
template <typename Pack>
void run(const Context& context, const Plan& plan, const float* source, float* output, Pack pack) {
  const Workspace<float> zeros(context, plan.ic);
  std::fill_n(zeros.get(), plan.ic, 0.0f);
  if (plan.frequencies * plan.u_plane >= kStreamedWeights && plan.tiles.count() <= kStreamedTiles) {
    return run_streamed(context, plan, source, zeros.get(), pack, output);
  }
  const Workspace<float> u(context, plan.frequencies * plan.u_plane);
  const Slices depths(plan.ic, kWeightDepth);
  const ThreadWorkspace<float> taps(context, plan.kernel_taps() * kWeightDepth * plan.panels.max_width());
  context.parallel(plan.panels.count() * depths.count, [&](int64_t slice, int thread) {
    const int64_t panel = slice / depths.count;
    const int64_t k = depths.begin(slice % depths.count);
    float* target = u.get() + plan.panels.first_column(panel) * plan.ic + k * plan.panels.width(panel);
    transform_weights(plan, panel, k, depths.end(slice % depths.count) - k, pack, taps.get(thread), target,
                      plan.u_plane);
  });
  (plan.frequencies * plan.u_plane <= kResidentWeights ? run_fused : run_staged)(context, plan, source, zeros.get(),
                                                                                 u.get(), output);
}

}  // namespace

void winograd_forward(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p, const float* input,
                      const float* weight, const float* bias, float* output, Moments* moments) {
  const KernelTable& kernels = *context.kernels;
  const WinogradKernels& w = winograd_for(kernels, algorithm);
  const Plan plan(kernels, w, {p.n, p.ih, p.iw, p.ic, p.oh, p.ow, p.ph, p.pw, p.dh, p.dw, w.tile, w.patch, p.relu},
                  p.oc, bias, moments);
  run(context, plan, input, output, [&](int64_t tap, int64_t k, int64_t depth, int64_t panel, float* target) {
    const float* from = weight + (plan.panels.first_column(panel) * p.taps() + tap) * p.ic + k;
    kernels.pack.transposed(depth, plan.panels.columns(panel), plan.panels.width(panel), from, p.taps() * p.ic, target);
  });
}

void winograd_backward_input(const Context& context, ConvAlgorithm algorithm, const ConvProblem& p,
                             const float* grad_output, const float* weight, float* grad_input) {
  const KernelTable& kernels = *context.kernels;
  const WinogradKernels& w = winograd_for(kernels, algorithm);
  const int64_t ph = (p.kh - 1) * p.dh - p.ph;
  const int64_t pw = (p.kw - 1) * p.dw - p.pw;
  const Plan plan(kernels, w, {p.n, p.oh, p.ow, p.oc, p.ih, p.iw, ph, pw, p.dh, p.dw, w.tile, w.patch}, p.ic, nullptr,
                  nullptr);
  run(context, plan, grad_output, grad_input, [&](int64_t tap, int64_t k, int64_t depth, int64_t panel, float* target) {
    const float* from = weight + ((k + 1) * p.taps() - 1 - tap) * p.ic + plan.panels.first_column(panel);
    kernels.pack.rows(depth, plan.panels.columns(panel), plan.panels.width(panel), from, p.taps() * p.ic, target);
  });
}

}  // namespace strided
