// Gradient of the convolution weights: for each filter row kh
//
//   grad_weight[oc, kh, (kw, ic)] = Σ_{n, oh, ow} grad_output[n,oh,ow,oc] * input[n, oh*SH - PH + kh*DH, ow*SW - PW, (kw, ic)]
//
// where (kw, ic), with a dilation of 1, is one contiguous stretch of a zero-padded input row. The sum over images is cut into
// a number of parts fixed by the shape; each part has its own grad_weight, and parts are added in order.
#include <algorithm>

#include "conv2d.h"
#include "panels.h"
#include "taps.h"

namespace strided {
namespace {

// More parts than threads balance the load; each costs a grad_weight to clear and add. All of them together stay in L3.
constexpr int64_t kMaxParts = 16;
constexpr int64_t kPartFloats = 2 << 20;

struct Plan {
  const Conv2dProblem& p;
  int64_t ic, oc, taps;        // taps: runs of filter columns that are contiguous in memory
  int64_t run;                 // floats of such a run
  int64_t weight_floats;       // of one group
  Slices parts;
  Panels panels;
  Slices filters;              // output channels, in slices that share one copy of the input
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
        parts(problem.n, images_per_part(problem)),
        panels(kernels, run),
        filters(oc, parts.count * problem.g >= kMaxParts ? oc : 64),
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

// Adds one image's share for filters [begin, end) of one group.
void add_image(const KernelTable& kernels, const Plan& plan, int64_t group, int64_t n, int64_t begin, int64_t end,
               bool first, const float* input, const float* grad_output, float* grad_weight, GemmRun* runs,
               float* scratch) {
  const Conv2dProblem& p = plan.p;
  const TapImage image{input + group * plan.ic, p.n, p.ih, p.iw, p.ic, plan.ic};
  const float* source = input + n * p.ih * p.iw * p.ic;
  if (plan.copies) {
    for (int64_t ih = 0; ih < p.ih; ih++) copy_padded_row(image, n, ih, plan.span, scratch + ih * plan.row_floats());
    source = scratch;
  }
  GemmTile tile{};
  tile.rows = end - begin;
  tile.a = grad_output + n * p.oh * p.ow * p.oc + group * plan.oc + begin;
  tile.a_k = p.oc;
  tile.b_k = p.sw * plan.ic;
  tile.c_row = p.kh * p.kw * plan.ic;
  tile.runs = runs;
  tile.accumulate = !first;
  for (int64_t kh = 0; kh < p.kh; kh++) {
    tile.run_count = 0;
    for (int64_t oh = 0; oh < p.oh; oh++) {
      const int64_t ih = oh * p.sh - p.ph + kh * p.dh;
      if (ih >= 0 && ih < p.ih) runs[tile.run_count++] = {oh * p.ow * p.oc, ih * plan.row_floats(), p.ow};
    }
    for (int64_t tap = 0; tap < plan.taps; tap++) {
      const int64_t column = plan.columns.offset[static_cast<size_t>(tap)] - (plan.copies ? plan.span.first : 0);
      for (int64_t panel = 0; panel < plan.panels.count(); panel++) {
        const int64_t j = plan.panels.first_column(panel);
        tile.columns = plan.panels.columns(panel);
        tile.vectors = plan.panels.vectors(panel);
        tile.b = source + column * plan.ic + j;
        tile.c = grad_weight + (begin * p.kh + kh) * p.kw * plan.ic + tap * plan.ic + j;
        kernels.gemm.outer(tile);
      }
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

}  // namespace

void conv2d_backward_weight(const Context& context, const Conv2dProblem& p, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias) {
  const KernelTable& kernels = *context.kernels;
  const Plan plan(kernels.gemm, p);
  const int64_t parts = plan.parts.count;
  const int64_t weights = plan.weight_floats * p.g;
  const Workspace<float> partial(context, parts > 1 ? parts * weights : 0);
  const Workspace<float> image_bias(context, grad_bias == nullptr ? 0 : p.n * p.oc);
  const ThreadWorkspace<float> scratch(context, plan.scratch_floats());
  const ThreadWorkspace<GemmRun> runs(context, p.oh);
  const int64_t filter_slices = plan.filters.count;
  context.parallel(parts * p.g * filter_slices, [&](int64_t slice, int thread) {
    const int64_t part = slice / (p.g * filter_slices);
    const int64_t group = slice / filter_slices % p.g;
    const int64_t begin = plan.filters.begin(slice % filter_slices);
    const int64_t end = plan.filters.end(slice % filter_slices);
    float* target = (parts > 1 ? partial.get() + part * weights : grad_weight) + group * plan.weight_floats;
    for (int64_t n = plan.parts.begin(part); n < plan.parts.end(part); n++) {
      add_image(kernels, plan, group, n, begin, end, n == plan.parts.begin(part), input, grad_output, target,
                runs.get(thread), scratch.get(thread));
      // grad_output of this image is still in cache.
      if (grad_bias != nullptr) {
        const int64_t first = group * plan.oc + begin;
        kernels.reduce.column_sum(p.oh * p.ow, p.oc, end - begin, grad_output + n * p.oh * p.ow * p.oc + first,
                                  image_bias.get() + n * p.oc + first);
      }
    }
  });
  if (parts > 1) add_parts(context, parts, weights, weights, partial.get(), grad_weight);
  if (grad_bias != nullptr) kernels.reduce.column_sum(p.n, p.oc, p.oc, image_bias.get(), grad_bias);
}

}  // namespace strided
