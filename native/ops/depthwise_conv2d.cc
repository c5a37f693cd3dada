#include "depthwise_conv2d.h"

#include <algorithm>

#include "copy.h"
#include "parts.h"

namespace strided {
namespace {

// Partial sums of the weight gradient, over fixed shares of the rows of all images.
constexpr int64_t kMaxParts = 16;
// Channels of one slice of the weight gradient.
constexpr int64_t kChannels = 256;

DepthwiseShape shape_of(const ConvProblem& p) {
  return {p.ic, p.ih, p.iw, p.oh, p.ow, p.kh, p.kw, p.sh, p.sw, p.ph, p.pw, p.dh, p.dw, p.relu};
}

// Rows that one slice takes.
int64_t rows_per_slice(const ConvProblem& p, int64_t columns) {
  return std::max<int64_t>(1, kFlopSlice / (8 * p.taps() * columns * p.ic));
}

// [c, taps] to [taps, c], or back.
void transpose(const Context& context, int64_t rows, int64_t columns, const float* from, float* to) {
  StridedShape<2> shape;
  shape.add(columns, {1, rows});
  shape.add(rows, {columns, 1});
  copy(context, sizeof(float), shape, from, to);
}

// Rows of one image, and the number of the slice that they are.
struct Rows {
  int64_t n, begin, end, slice;
};

// Calls body(rows) over slices of the rows of all images.
template <typename Body>
void for_rows(const Context& context, int64_t n, const Slices& slices, Body body) {
  context.parallel(n * slices.count, [&](int64_t i, int) {
    body(Rows{i / slices.count, slices.begin(i % slices.count), slices.end(i % slices.count), i});
  });
}

}  // namespace

bool is_depthwise(const ConvProblem& p) { return p.g > 1 && p.g == p.ic && p.g == p.oc && p.is_2d(); }

void depthwise_forward(const Context& context, const ConvProblem& p, const float* input, const float* weight,
                       const float* bias, float* output, Moments* moments) {
  const DepthwiseShape shape = shape_of(p);
  const Workspace<float> taps(context, p.taps() * p.ic);
  transpose(context, p.ic, p.taps(), weight, taps.get());
  const Slices slices(p.oh, rows_per_slice(p, p.ow));
  if (moments != nullptr) moments->begin(p.n * slices.count);
  for_rows(context, p.n, slices, [&](Rows rows) {
    float* image = output + rows.n * p.output_image();
    context.kernels->depthwise.forward(shape, rows.begin, rows.end, input + rows.n * p.input_image(), taps.get(), bias,
                                       image);
    if (moments == nullptr) return;
    const int64_t pixels = (rows.end - rows.begin) * p.ow;
    moments->add(rows.slice, true, 0, p.oc, {image + rows.begin * p.ow * p.oc, 1, pixels, 0, p.oc});
  });
}

void depthwise_backward_input(const Context& context, const ConvProblem& p, const float* grad_output,
                              const float* weight, float* grad_input) {
  const Workspace<float> taps(context, p.taps() * p.ic);
  const Slices slices(p.ih, rows_per_slice(p, p.iw));
  if (p.sh == 1 && p.sw == 1 && (p.kh - 1) * p.dh >= p.ph && (p.kw - 1) * p.dw >= p.pw) {
    // The forward pass from grad_output to grad_input, with the kernel turned by 180 degrees.
    const DepthwiseShape turned{
        p.ic, p.oh, p.ow, p.ih, p.iw, p.kh, p.kw, 1, 1, (p.kh - 1) * p.dh - p.ph, (p.kw - 1) * p.dw - p.pw,
        p.dh, p.dw, false};
    for (int64_t c = 0; c < p.ic; c++) {
      for (int64_t tap = 0; tap < p.taps(); tap++) {
        taps.get()[(p.taps() - 1 - tap) * p.ic + c] = weight[c * p.taps() + tap];
      }
    }
    for_rows(context, p.n, slices, [&](Rows rows) {
      context.kernels->depthwise.forward(turned, rows.begin, rows.end, grad_output + rows.n * p.output_image(),
                                         taps.get(), nullptr, grad_input + rows.n * p.input_image());
    });
    return;
  }
  const DepthwiseShape shape = shape_of(p);
  transpose(context, p.ic, p.taps(), weight, taps.get());
  for_rows(context, p.n, slices, [&](Rows rows) {
    context.kernels->depthwise.input(shape, rows.begin, rows.end, grad_output + rows.n * p.output_image(), taps.get(),
                                     grad_input + rows.n * p.input_image());
  });
}

void depthwise_backward_weight(const Context& context, const ConvProblem& p, const float* input,
                               const float* grad_output, float* grad_weight) {
  const DepthwiseShape shape = shape_of(p);
  const Slices parts(p.n * p.oh, ceil_div(p.n * p.oh, kMaxParts));
  const Slices channels(p.ic, kChannels);
  const int64_t weights = p.taps() * p.ic;
  const Workspace<float> partial(context, parts.count * weights);
  context.parallel(parts.count * channels.count, [&](int64_t slice, int) {
    const int64_t part = slice / channels.count;
    const int64_t begin = channels.begin(slice % channels.count);
    const int64_t end = channels.end(slice % channels.count);
    float* sum = partial.get() + part * weights;
    for (int64_t tap = 0; tap < p.taps(); tap++) std::fill(sum + tap * p.ic + begin, sum + tap * p.ic + end, 0.0f);
    for (int64_t row = parts.begin(part); row < parts.end(part);) {
      const int64_t n = row / p.oh;
      const int64_t last = std::min(parts.end(part), (n + 1) * p.oh);
      context.kernels->depthwise.weight(shape, row - n * p.oh, last - n * p.oh, begin, end, input + n * p.input_image(),
                                        grad_output + n * p.output_image(), sum);
      row = last;
    }
  });
  add_parts(context, parts.count, weights, partial.get(), partial.get());
  transpose(context, p.taps(), p.ic, partial.get(), grad_weight);
}

}  // namespace strided
