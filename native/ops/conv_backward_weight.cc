// Gradient of the convolution weights: for each filter row kh (and depth kd, in 3-D)
//
//   grad_weight[oc, kh, (kw, ic)] = Σ_{n,oh,ow} grad_output[n,oh,ow,oc]
//                                 * input[n, oh*SH - PH + kh*DH, ow*SW - PW, (kw, ic)]
//
// where (kw, ic), with a dilation of 1, is one contiguous stretch of a zero-padded input row. The sum over output rows
// is cut into a number of parts fixed by the shape; each part has its own grad_weight, and parts are added in order.
//
// Registers run over (kw, ic) and rows of the tile over oc, or, where that leaves fewer lanes idle (a first layer's one
// or three channels), the other way round; grad_weight is then made as [kh, (kw, ic), oc] and transposed at the end.
#include <algorithm>

#include "conv.h"
#include "copy.h"
#include "depthwise_conv2d.h"
#include "gemm.h"
#include "grouped_conv2d.h"
#include "panels.h"
#include "taps.h"
#include "winograd.h"

namespace strided {
namespace {

// More parts than threads balance the load; each costs a grad_weight to clear and add. All of them together stay in L3.
constexpr int64_t kMaxParts = 16;
constexpr int64_t kPartFloats = 2 << 20;

struct Plan {
  const ConvProblem& p;
  int64_t ic, oc, taps;  // taps: runs of filter columns that are contiguous in memory
  int64_t run;           // floats of such a run
  bool swapped;          // registers run over oc
  Slices parts;          // of the output rows of all images and depths
  Panels panels;
  Slices filters;  // output channels, in slices that share one copy of the input
  TapLine columns;
  TapSpan span;
  bool copies;

  Plan(const GemmKernels& kernels, const ConvProblem& problem)
      : p(problem),
        ic(problem.group_ic()),
        oc(problem.group_oc()),
        taps(problem.dw == 1 ? 1 : problem.kw),
        run(problem.dw == 1 ? problem.kw * ic : ic),
        swapped(ceil_div(oc, kernels.unit) * run < ceil_div(run, kernels.unit) * oc),
        parts(problem.n * problem.od * problem.oh, rows_per_part(problem)),
        panels(kernels, swapped ? oc : run),
        filters(oc, swapped || parts.count * problem.g >= kMaxParts ? oc : 64),
        columns(line(problem)),
        span(tap_span(columns, problem.sw, problem.ow)),
        copies(span.first < 0 || span.first + span.width > problem.iw || problem.g > 1) {}

  static int64_t rows_per_part(const ConvProblem& p) {
    const int64_t parts = std::clamp<int64_t>(kPartFloats / (p.g * p.group_weights()), 1, kMaxParts);
    return ceil_div(p.n * p.od * p.oh, parts);
  }
  static TapLine line(const ConvProblem& p) {
    TapLine line;
    for (int64_t k = 0; k < p.kw; k++) line.offset.push_back(k * p.dw - p.pw);
    return line;
  }
  int64_t row_floats() const { return copies ? span.width * ic : p.iw * p.ic; }
  // Input rows under output rows [begin, end).
  int64_t source_begin(int64_t begin) const { return std::max<int64_t>(0, begin * p.sh - p.ph); }
  int64_t source_end(int64_t end) const { return std::min(p.ih, (end - 1) * p.sh - p.ph + (p.kh - 1) * p.dh + 1); }
  int64_t scratch_rows() const { return std::min(p.ih, (p.oh - 1) * p.sh + (p.kh - 1) * p.dh + 1); }
  int64_t scratch_floats() const { return copies ? p.kd * scratch_rows() * row_floats() : 0; }
};

// Output rows [begin, end) of one depth of one image, filters [first_filter, last_filter) of one group.
struct Task {
  int64_t group, n, od, begin, end;
  int64_t first_filter, last_filter;
  bool first;  // of its part: sets rather than adds
  const float* input;
  const float* grad_output;
  float* grad_weight;  // of the group
  GemmRun* runs;
  float* scratch;
};

// The share of filter row (kd, kh), columns of tap `tap`; `source` is the input depth from that tap on.
void add_tap(const KernelTable& kernels, const Plan& plan, const Task& task, int64_t kd_kh, int64_t tap,
             const float* source, int64_t source_row) {
  const ConvProblem& p = plan.p;
  const int64_t grad_plane = (task.n * p.od + task.od) * p.oh * p.ow * p.oc;
  const float* grad = task.grad_output + grad_plane + task.group * plan.oc + task.first_filter;
  GemmTile tile{};
  tile.runs = task.runs;
  tile.b_run = 1;
  tile.accumulate = !task.first;
  for (int64_t oh = task.begin; oh < task.end && source != nullptr; oh++) {
    const int64_t ih = oh * p.sh - p.ph + kd_kh % p.kh * p.dh;
    if (ih < 0 || ih >= p.ih) continue;
    const int64_t a = oh * p.ow * p.oc;
    const int64_t b = (ih - source_row) * plan.row_floats();
    task.runs[tile.run_count++] = plan.swapped ? GemmRun{b, a, p.ow} : GemmRun{a, b, p.ow};
  }
  const int64_t source_k = p.sw * plan.ic;
  tile.rows = plan.swapped ? plan.run : task.last_filter - task.first_filter;
  tile.a_k = plan.swapped ? source_k : p.oc;
  tile.b_k = plan.swapped ? p.oc : source_k;
  tile.a = plan.swapped ? source : grad;
  tile.c_row = plan.swapped ? plan.oc : p.taps() * plan.ic;
  const int64_t at = (kd_kh * p.kw + tap) * plan.ic;
  float* target = task.grad_weight + (plan.swapped ? at * plan.oc : task.first_filter * tile.c_row + at);
  for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
    const int64_t j = plan.panels.first_column(panel);
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.b = (plan.swapped ? grad : source) + j;
    tile.c = target + j;
    kernels.gemm.outer(tile);
  }
}

void add_rows(const KernelTable& kernels, const Plan& plan, const Task& task) {
  const ConvProblem& p = plan.p;
  const int64_t first_row = plan.source_begin(task.begin);
  const TapImage image{task.input + task.group * plan.ic, p.n, p.id, p.ih, p.iw, p.ic, plan.ic};
  for (int64_t kd = 0; kd < p.kd; kd++) {
    const int64_t id = task.od * p.sd - p.pd + kd * p.dd;
    const bool inside = id >= 0 && id < p.id;
    const float* plane = image.data + (task.n * p.id + (inside ? id : 0)) * p.ih * p.iw * p.ic;
    if (plan.copies && inside) {
      for (int64_t ih = first_row; ih < plan.source_end(task.end); ih++) {
        copy_padded_row(image, plane + ih * p.iw * p.ic, plan.span, plan.ic, plan.ic,
                        task.scratch + (ih - first_row) * plan.row_floats());
      }
      plane = task.scratch;
    }
    for (int64_t kh = 0; kh < p.kh; kh++) {
      for (int64_t tap = 0; tap < plan.taps; tap++) {
        const int64_t column = plan.columns.at(tap) - (plan.copies ? plan.span.first : 0);
        // A filter depth outside the input adds nothing, but the first task of a part still sets its zeros.
        if (inside || task.first) {
          add_tap(kernels, plan, task, kd * p.kh + kh, tap, inside ? plane + column * plan.ic : nullptr,
                  plan.copies ? first_row : 0);
        }
      }
    }
  }
}

// Sums `count` arrays of `size`, one after the other in memory, in order into `output`.
void add_parts(const Context& context, int64_t count, int64_t size, const float* parts, float* output) {
  const auto& add = context.kernels->elementwise.binary[static_cast<int>(Binary::add)];
  const Slices slices(size, kStreamSlice / count);
  context.parallel(slices.count, [&](int64_t slice, int) {
    const int64_t begin = slices.begin(slice);
    const int64_t length = slices.end(slice) - begin;
    std::copy_n(parts + begin, length, output + begin);
    for (int64_t i = 1; i < count; i++) add(length, output + begin, parts + i * size + begin, output + begin);
  });
}

// Puts groups of [taps, ic, oc] in the order [oc, taps, ic].
void transpose_groups(const Context& context, const Plan& plan, const float* from, float* to) {
  const int64_t weights = plan.p.group_weights();
  const int64_t depth = weights / plan.oc;
  StridedShape<2> shape;
  shape.add(plan.p.g, {weights, weights});
  shape.add(plan.oc, {1, depth});
  shape.add(depth, {plan.oc, 1});
  copy(context, sizeof(float), shape, from, to);
}

// Sums of grad_output by channel, a part for each image.
void bias_gradient(const Context& context, const ConvProblem& p, const float* grad_output, float* grad_bias) {
  const auto& column_sum = context.kernels->reduce.column_sum;
  const Workspace<float> images(context, p.n * p.oc);
  context.parallel(p.n, [&](int64_t n, int) {
    column_sum(p.output_pixels(), p.oc, p.oc, grad_output + n * p.output_image(), images.get() + n * p.oc);
  });
  column_sum(p.n, p.oc, p.oc, images.get(), grad_bias);
}

// Output rows [begin, end), counted over all images and depths, plane by plane.
void add_part(const KernelTable& kernels, const Plan& plan, int64_t begin, int64_t end, Task task) {
  const ConvProblem& p = plan.p;
  task.first = true;
  while (begin < end) {
    const int64_t plane = begin / p.oh;
    task.n = plane / p.od;
    task.od = plane % p.od;
    task.begin = begin - plane * p.oh;
    task.end = std::min(end - plane * p.oh, p.oh);
    add_rows(kernels, plan, task);
    task.first = false;
    begin = plane * p.oh + task.end;
  }
}

void direct_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                            float* grad_weight) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels.gemm, p);
  const int64_t parts = plan.parts.count;
  const int64_t weights = p.g * p.group_weights();
  const bool in_place = parts == 1 && !plan.swapped;
  const Workspace<float> partial(context, in_place ? 0 : parts * weights);
  const Workspace<float> sum(context, plan.swapped ? weights : 0);
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, p.oh);
  const int64_t filter_slices = plan.filters.count;
  context.parallel(parts * p.g * filter_slices, [&](int64_t slice, int thread) {
    const int64_t part = slice / (p.g * filter_slices);
    Task task{};
    task.group = slice / filter_slices % p.g;
    task.first_filter = plan.filters.begin(slice % filter_slices);
    task.last_filter = plan.filters.end(slice % filter_slices);
    task.input = input;
    task.grad_output = grad_output;
    task.grad_weight = (in_place ? grad_weight : partial.get() + part * weights) + task.group * p.group_weights();
    task.runs = runs.get(thread);
    task.scratch = scratch.get(thread);
    add_part(kernels, plan, plan.parts.begin(part), plan.parts.end(part), task);
  });
  if (!in_place) add_parts(context, parts, weights, partial.get(), plan.swapped ? sum.get() : grad_weight);
  if (plan.swapped) transpose_groups(context, plan, sum.get(), grad_weight);
}

// Whether a 1x1 convolution's gradient is cut finely enough along its channels: one product then, and no parts to add.
bool is_product(const ConvProblem& p) {
  return p.is_pointwise() && ceil_div(p.group_oc(), 96) * ceil_div(p.group_ic(), 64) >= 8 &&
         p.n * p.output_pixels() <= 2048;
}

void product_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                             float* grad_weight) {
  for (int64_t g = 0; g < p.g; g++) {
    const Matrix a{grad_output + g * p.group_oc(), p.oc, true};
    const Matrix b{input + g * p.group_ic(), p.ic, false};
    gemm(context, {p.group_oc(), p.group_ic(), p.n * p.output_pixels(), a, b, nullptr,
                   grad_weight + g * p.group_weights(), p.group_ic()});
  }
}

// The pixels of all images of a 1x1 convolution as one image with long rows: sums along a row stay in registers.
ConvProblem with_long_rows(const ConvProblem& p) {
  const int64_t pixels = p.n * p.output_pixels();
  int64_t width = std::min<int64_t>(pixels, 512);
  while (pixels % width != 0) width--;
  if (!p.is_pointwise() || width <= p.ow) return p;
  ConvProblem flat = p;
  flat.n = flat.id = flat.od = 1;
  flat.ih = flat.oh = pixels / width;
  flat.iw = flat.ow = width;
  return flat;
}

}  // namespace

void conv_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                          float* grad_weight, float* grad_bias) {
  const ConvAlgorithm algorithm = conv_weight_algorithm(p, context.conv_precision);
  if (p.n == 0) {
    // The sum over no images.
    std::fill_n(grad_weight, p.g * p.group_weights(), 0.0f);
  } else if (is_depthwise(p)) {
    depthwise_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (is_grouped(*context.kernels, p)) {
    grouped_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (is_product(p)) {
    product_backward_weight(context, p, input, grad_output, grad_weight);
  } else if (algorithm == ConvAlgorithm::direct) {
    direct_backward_weight(context, with_long_rows(p), input, grad_output, grad_weight);
  } else {
    winograd_backward_weight(context, algorithm, p, input, grad_output, grad_weight);
  }
  if (grad_bias != nullptr) bias_gradient(context, p, grad_output, grad_bias);
}

}  // namespace strided
