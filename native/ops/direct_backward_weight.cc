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
#include "direct_backward_weight.h"

#include <algorithm>

#include "copy.h"
#include "panels.h"
#include "parts.h"
#include "taps.h"

namespace strided {
namespace {

// Positions that a sum in registers should run over before it is added to memory, and floats of padded rows that are
// copied for that: half of L2.
constexpr int64_t kSumLength = 256;
constexpr int64_t kJoinedFloats = 128 << 10;
// Floats of both sides that a task goes through before it takes further rows: half of L2.
constexpr int64_t kNearFloats = 128 << 10;
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
  // Planes (depths of images) whose sums stay in registers together, when they are small.
  int64_t joined_planes() const {
    const int64_t wanted = ceil_div(kSumLength, p.oh * p.ow);
    const int64_t fit = copies ? kJoinedFloats / (scratch_rows() * row_floats()) : wanted;
    return std::clamp<int64_t>(std::min(wanted, fit), 1, p.n * p.od);
  }
  // Output rows of a plane that are summed before the next ones are looked at.
  int64_t rows_at_once() const {
    const int64_t row = p.ow * ceil_div(oc, filters.count) + p.sh * row_floats();
    return std::max(ceil_div(kSumLength, p.ow), kNearFloats / row);
  }
  int64_t scratch_floats() const { return copies ? joined_planes() * scratch_rows() * row_floats() : 0; }
  // Source depth under filter depth kd of a plane; whether it is one.
  int64_t source_depth(int64_t plane, int64_t kd) const { return plane % p.od * p.sd - p.pd + kd * p.dd; }
  bool inside(int64_t plane, int64_t kd) const {
    const int64_t id = source_depth(plane, kd);
    return id >= 0 && id < p.id;
  }
};

// Output rows [begin, end) of `planes` depths of images, filters [first_filter, last_filter) of one group.
struct Task {
  int64_t group, first_plane, planes, begin, end;
  int64_t first_filter, last_filter;
  bool first;  // of its part: sets rather than adds
  const float* input;
  const float* grad_output;
  float* grad_weight;  // of the group
  GemmRun* runs;
  float* scratch;
};

// Where input row ih of the task's plane i, under filter depth kd, starts in the copied rows or in the input.
int64_t source_row(const Plan& plan, const Task& task, int64_t i, int64_t kd, int64_t ih) {
  const ConvProblem& p = plan.p;
  if (plan.copies) return (i * plan.scratch_rows() + ih - plan.source_begin(task.begin)) * plan.row_floats();
  const int64_t plane = task.first_plane + i;
  return ((plane / p.od * p.id + plan.source_depth(plane, kd)) * p.ih + ih) * plan.row_floats();
}

// The stretches of the sum for one filter row: output rows whose input row lies inside the image.
int64_t make_runs(const Plan& plan, const Task& task, int64_t kd, int64_t kh) {
  const ConvProblem& p = plan.p;
  int64_t count = 0;
  for (int64_t i = 0; i < task.planes; i++) {
    const int64_t plane = task.first_plane + i;
    if (!plan.inside(plane, kd)) continue;
    for (int64_t oh = task.begin; oh < task.end; oh++) {
      const int64_t ih = oh * p.sh - p.ph + kh * p.dh;
      if (ih < 0 || ih >= p.ih) continue;
      const int64_t a = (plane * p.oh + oh) * p.ow * p.oc;
      const int64_t b = source_row(plan, task, i, kd, ih);
      task.runs[count++] = plan.swapped ? GemmRun{b, a, p.ow} : GemmRun{a, b, p.ow};
    }
  }
  return count;
}

// The share of filter row (kd, kh), columns of tap `tap`.
void add_tap(const KernelTable& kernels, const Plan& plan, const Task& task, int64_t kd, int64_t kh, int64_t tap) {
  const ConvProblem& p = plan.p;
  const int64_t column = plan.columns.at(tap) - (plan.copies ? plan.span.first : 0);
  const float* source = (plan.copies ? task.scratch : task.input) + column * plan.ic;
  const float* grad = task.grad_output + task.group * plan.oc + task.first_filter;
  GemmTile tile{};
  tile.runs = task.runs;
  tile.run_count = make_runs(plan, task, kd, kh);
  // Where nothing lies inside the image, the first task of a part still sets zeros.
  if (tile.run_count == 0 && !task.first) return;
  tile.b_run = 1;
  tile.accumulate = !task.first;
  const int64_t source_k = p.sw * plan.ic;
  tile.rows = plan.swapped ? plan.run : task.last_filter - task.first_filter;
  tile.a_k = plan.swapped ? source_k : p.oc;
  tile.b_k = plan.swapped ? p.oc : source_k;
  tile.a = plan.swapped ? source : grad;
  tile.c_row = plan.swapped ? plan.oc : p.taps() * plan.ic;
  const int64_t at = ((kd * p.kh + kh) * p.kw + tap) * plan.ic;
  float* target = task.grad_weight + (plan.swapped ? at * plan.oc : task.first_filter * tile.c_row + at);
  for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
    const int64_t j = plan.panels.first_column(panel);
    tile.columns = plan.panels.columns(panel);
    tile.units = plan.panels.units(panel);
    tile.b = (plan.swapped ? grad : source) + j;
    tile.c = target + j;
    (p.is_pointwise() ? kernels.gemm.far : kernels.gemm.outer)(tile);
  }
}

void copy_rows(const Plan& plan, const Task& task, int64_t kd) {
  const ConvProblem& p = plan.p;
  const TapImage image{task.input + task.group * plan.ic, p.n, p.id, p.ih, p.iw, p.ic, plan.ic};
  for (int64_t i = 0; i < task.planes; i++) {
    const int64_t plane = task.first_plane + i;
    if (!plan.inside(plane, kd)) continue;
    const float* from = image.data + (plane / p.od * p.id + plan.source_depth(plane, kd)) * p.ih * p.iw * p.ic;
    for (int64_t ih = plan.source_begin(task.begin); ih < plan.source_end(task.end); ih++) {
      copy_padded_row(image, from + ih * p.iw * p.ic, plan.span, plan.ic, plan.ic,
                      task.scratch + source_row(plan, task, i, kd, ih));
    }
  }
}

void add_planes(const KernelTable& kernels, const Plan& plan, const Task& task) {
  for (int64_t kd = 0; kd < plan.p.kd; kd++) {
    if (plan.copies) copy_rows(plan, task, kd);
    for (int64_t kh = 0; kh < plan.p.kh; kh++) {
      for (int64_t tap = 0; tap < plan.taps; tap++) add_tap(kernels, plan, task, kd, kh, tap);
    }
  }
}

// Output rows [begin, end), counted over all images and depths: whole planes together, others one by one.
void add_part(const KernelTable& kernels, const Plan& plan, int64_t begin, int64_t end, Task task) {
  const int64_t rows = plan.p.oh;
  task.first = true;
  while (begin < end) {
    task.first_plane = begin / rows;
    task.begin = begin % rows;
    task.end = std::min({end - task.first_plane * rows, rows, task.begin + plan.rows_at_once()});
    const bool whole = task.begin == 0 && task.end == rows;
    task.planes = whole ? std::min(plan.joined_planes(), (end - begin) / rows) : 1;
    add_planes(kernels, plan, task);
    task.first = false;
    begin += (task.planes - 1) * rows + task.end - task.begin;
  }
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

}  // namespace

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
  const ThreadWorkspace<GemmRun> runs(context, p.oh * plan.joined_planes());
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

}  // namespace strided
