// Gradient of the convolution weights: for each filter row kh
//
//   grad_weight[oc, kh, (kw, ic)] = Σ_{n, oh, ow} grad_output[n,oh,ow,oc] * input[n, oh*SH - PH + kh*DH, ow*SW - PW,
//   (kw, ic)]
//
// where (kw, ic), with a dilation of 1, is one contiguous stretch of a zero-padded input row. The sum over images is
// cut into a number of parts fixed by the shape; each part has its own grad_weight, and parts are added in order.
//
// Registers run over (kw, ic) and rows of the tile over oc, or, where that leaves fewer lanes idle (a first layer's one
// or three channels), the other way round; grad_weight is then made as [kh, (kw, ic), oc] and transposed at the end.
#include <algorithm>

#include "conv2d.h"
#include "copy.h"
#include "panels.h"
#include "taps.h"
#include "winograd.h"

namespace strided {
namespace {

// More parts than threads balance the load; each costs a grad_weight to clear and add. All of them together stay in L3.
constexpr int64_t kMaxParts = 16;
constexpr int64_t kPartFloats = 2 << 20;

struct Plan {
  const Conv2dProblem& p;
  int64_t ic, oc, taps;   // taps: runs of filter columns that are contiguous in memory
  int64_t run;            // floats of such a run
  int64_t weight_floats;  // of one group
  bool swapped;           // registers run over oc
  Slices parts;
  Panels panels;
  Slices filters;  // output channels, in slices that share one copy of the input
  TapLine columns;
  TapSpan span;
  bool copies;

  Plan(const GemmKernels& kernels, const Conv2dProblem& problem)
      : p(problem),
        ic(problem.group_ic()),
        oc(problem.group_oc()),
        taps(problem.dw == 1 ? 1 : problem.kw),
        run(problem.dw == 1 ? problem.kw * ic : ic),
        weight_floats(oc * problem.kh * problem.kw * ic),
        swapped(ceil_div(oc, kernels.unit) * run < ceil_div(run, kernels.unit) * oc),
        parts(problem.n, images_per_part(problem)),
        panels(kernels, swapped ? oc : run),
        filters(oc, swapped || parts.count * problem.g >= kMaxParts ? oc : 64),
        columns(line(problem)),
        span(tap_span(columns, problem.sw, problem.ow)),
        copies(span.first < 0 || span.first + span.width > problem.iw || problem.g > 1) {}

  static int64_t images_per_part(const Conv2dProblem& p) {
    const int64_t weights = p.oc * p.kh * p.kw * (p.ic / p.g);
    const int64_t parts = std::clamp<int64_t>(kPartFloats / weights, 1, kMaxParts);
    return ceil_div(p.n, parts);
  }
  static TapLine line(const Conv2dProblem& p) {
    TapLine line;
    for (int64_t k = 0; k < p.kw; k++) line.offset.push_back(k * p.dw - p.pw);
    return line;
  }
  int64_t row_floats() const { return copies ? span.width * ic : p.iw * p.ic; }
  int64_t scratch_floats() const { return copies ? p.ih * row_floats() : 0; }
};

struct ImageTask {
  int64_t group, n;
  int64_t begin, end;  // filters
  bool first;          // of its part: sets rather than adds
  const float* input;
  const float* grad_output;
  float* grad_weight;  // of the group
  GemmRun* runs;
  float* scratch;
};

// One image's share of filter row kh, columns of tap `tap`: `source` is the input from that tap on.
void add_tap(const KernelTable& kernels, const Plan& plan, const ImageTask& task, int64_t kh, int64_t tap,
             const float* source) {
  const Conv2dProblem& p = plan.p;
  const float* grad = task.grad_output + task.n * p.oh * p.ow * p.oc + task.group * plan.oc + task.begin;
  GemmTile tile{};
  tile.runs = task.runs;
  tile.accumulate = !task.first;
  for (int64_t oh = 0; oh < p.oh; oh++) {
    const int64_t ih = oh * p.sh - p.ph + kh * p.dh;
    if (ih < 0 || ih >= p.ih) continue;
    const int64_t grad_row = oh * p.ow * p.oc;
    const int64_t source_row = ih * plan.row_floats();
    task.runs[tile.run_count++] =
        plan.swapped ? GemmRun{source_row, grad_row, p.ow} : GemmRun{grad_row, source_row, p.ow};
  }
  const int64_t source_k = p.sw * plan.ic;
  tile.rows = plan.swapped ? plan.run : task.end - task.begin;
  tile.a_k = plan.swapped ? source_k : p.oc;
  tile.b_k = plan.swapped ? p.oc : source_k;
  tile.a = plan.swapped ? source : grad;
  tile.c_row = plan.swapped ? plan.oc : p.kh * p.kw * plan.ic;
  float* target = plan.swapped ? task.grad_weight + (kh * p.kw + tap) * plan.ic * plan.oc
                               : task.grad_weight + ((task.begin * p.kh + kh) * p.kw + tap) * plan.ic;
  for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
    const int64_t j = plan.panels.first_column(panel);
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.b = (plan.swapped ? grad : source) + j;
    tile.c = target + j;
    kernels.gemm.outer(tile);
  }
}

// Adds one image's share for filters [begin, end) of one group.
void add_image(const KernelTable& kernels, const Plan& plan, const ImageTask& task) {
  const Conv2dProblem& p = plan.p;
  const TapImage image{task.input + task.group * plan.ic, p.n, p.ih, p.iw, p.ic, plan.ic};
  const float* source = task.input + task.n * p.ih * p.iw * p.ic;
  if (plan.copies) {
    for (int64_t ih = 0; ih < p.ih; ih++) {
      copy_padded_row(image, task.n, ih, plan.span, task.scratch + ih * plan.row_floats());
    }
    source = task.scratch;
  }
  for (int64_t kh = 0; kh < p.kh; kh++) {
    for (int64_t tap = 0; tap < plan.taps; tap++) {
      const int64_t column = plan.columns.offset[static_cast<size_t>(tap)] - (plan.copies ? plan.span.first : 0);
      add_tap(kernels, plan, task, kh, tap, source + column * plan.ic);
    }
  }
}

// Sums `count` arrays that lie `stride` apart, in order, into `output`.
void add_parts(const Context& context, int64_t count, int64_t stride, int64_t size, const float* parts, float* output) {
  const auto& add = context.kernels->elementwise.binary[static_cast<int>(Binary::add)];
  const Slices slices(size, kStreamSlice / count);
  context.parallel(slices.count, [&](int64_t slice, int) {
    const int64_t begin = slices.begin(slice);
    const int64_t length = slices.end(slice) - begin;
    std::copy_n(parts + begin, length, output + begin);
    for (int64_t i = 1; i < count; i++) add(length, output + begin, parts + i * stride + begin, output + begin);
  });
}

// Puts groups of [taps, ic, oc] in the order [oc, taps, ic].
void transpose_groups(const Context& context, const Plan& plan, const float* from, float* to) {
  const int64_t depth = plan.weight_floats / plan.oc;
  StridedShape<2> shape;
  shape.add(plan.p.g, {plan.weight_floats, plan.weight_floats});
  shape.add(plan.oc, {1, depth});
  shape.add(depth, {plan.oc, 1});
  copy(context, sizeof(float), shape, from, to);
}

// Sums of grad_output by channel, a part for each image.
void bias_gradient(const Context& context, const Conv2dProblem& p, const float* grad_output, float* grad_bias) {
  const auto& column_sum = context.kernels->reduce.column_sum;
  const Workspace<float> images(context, p.n * p.oc);
  const int64_t pixels = p.oh * p.ow;
  context.parallel(p.n, [&](int64_t n, int) {
    column_sum(pixels, p.oc, p.oc, grad_output + n * pixels * p.oc, images.get() + n * p.oc);
  });
  column_sum(p.n, p.oc, p.oc, images.get(), grad_bias);
}

}  // namespace

void conv2d_backward_weight(const Context& context, const Conv2dProblem& p, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias) {
  const KernelTable& kernels = *context.kernels;
  const ConvAlgorithm algorithm = conv2d_algorithm(p, context.conv_precision);
  if (algorithm != ConvAlgorithm::direct) {
    winograd_backward_weight(context, algorithm, p, input, grad_output, grad_weight);
    if (grad_bias != nullptr) bias_gradient(context, p, grad_output, grad_bias);
    return;
  }
  const Plan plan(kernels.gemm, p);
  const int64_t parts = plan.parts.count;
  const int64_t weights = plan.weight_floats * p.g;
  const bool direct = parts == 1 && !plan.swapped;
  const Workspace<float> partial(context, direct ? 0 : parts * weights);
  const Workspace<float> sum(context, plan.swapped ? weights : 0);
  const Workspace<float> image_bias(context, grad_bias == nullptr ? 0 : p.n * p.oc);
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, p.oh);
  const int64_t filter_slices = plan.filters.count;
  context.parallel(parts * p.g * filter_slices, [&](int64_t slice, int thread) {
    const int64_t part = slice / (p.g * filter_slices);
    const int64_t group = slice / filter_slices % p.g;
    const int64_t begin = plan.filters.begin(slice % filter_slices);
    const int64_t end = plan.filters.end(slice % filter_slices);
    float* target = (direct ? grad_weight : partial.get() + part * weights) + group * plan.weight_floats;
    for (int64_t n = plan.parts.begin(part); n < plan.parts.end(part); n++) {
      add_image(kernels, plan,
                {group, n, begin, end, n == plan.parts.begin(part), input, grad_output, target, runs.get(thread),
                 scratch.get(thread)});
      // grad_output of this image is still in cache.
      if (grad_bias != nullptr) {
        const int64_t first = group * plan.oc + begin;
        kernels.reduce.column_sum(p.oh * p.ow, p.oc, end - begin, grad_output + n * p.oh * p.ow * p.oc + first,
                                  image_bias.get() + n * p.oc + first);
      }
    }
  });
  if (!direct) add_parts(context, parts, weights, weights, partial.get(), plan.swapped ? sum.get() : grad_weight);
  if (plan.swapped) transpose_groups(context, plan, sum.get(), grad_weight);
  if (grad_bias != nullptr) kernels.reduce.column_sum(p.n, p.oc, p.oc, image_bias.get(), grad_bias);
}

}  // namespace strided
