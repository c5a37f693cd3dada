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
// Floating-point operations of one slice: they are as slow as memory is.
constexpr int64_t kSliceFlops = kFlopSlice / 2;

DepthwiseShape shape_of(const ConvProblem& p) {
  return {p.ic, p.ih, p.iw, p.oh, p.ow, p.kh, p.kw, p.sh, p.sw, p.ph, p.pw, p.dh, p.dw, p.relu};
}

// Rows of all images in slices: some images each, or shares of one. Neighbouring slices both read the rows at their
// border.
struct RowSlices {
  int64_t rows;
  Slices images, shares;

  RowSlices(const ConvProblem& p, int64_t image_rows, int64_t columns)
      : RowSlices(p.n, image_rows, std::max<int64_t>(1, kSliceFlops / (2 * p.taps() * columns * p.ic))) {}
  int64_t count() const { return images.count * shares.count; }
  int64_t begin(int64_t i) const { return images.begin(i / shares.count) * rows + shares.begin(i % shares.count); }
  // A slice of several images has one share, the whole of each.
  int64_t end(int64_t i) const { return (images.end(i / shares.count) - 1) * rows + shares.end(i % shares.count); }

 private:
  RowSlices(int64_t n, int64_t image_rows, int64_t target)
      : rows(image_rows), images(n, std::max<int64_t>(1, target / image_rows)), shares(image_rows, target) {}
};

// [c, taps] to [taps, c], or back.
void transpose(const Context& context, int64_t rows, int64_t columns, const float* from, float* to) {
  StridedShape<2> shape;
  shape.add(columns, {1, rows});
  shape.add(rows, {columns, 1});
  copy(context, sizeof(float), shape, from, to);
}

}  // namespace

bool is_depthwise(const ConvProblem& p) { return p.g > 1 && p.g == p.ic && p.g == p.oc && p.is_2d(); }

void depthwise_forward(const Context& context, const ConvProblem& p, const float* input, const float* weight,
                       const float* bias, float* output, Moments* moments) {
  const DepthwiseShape shape = shape_of(p);
  const Workspace<float> taps(context, p.taps() * p.ic);
  transpose(context, p.ic, p.taps(), weight, taps.get());
  const RowSlices slices(p, p.oh, p.ow);
  if (moments != nullptr) moments->begin(slices.count());
  context.parallel(slices.count(), [&](int64_t i, int) {
    const int64_t begin = slices.begin(i);
    const int64_t end = slices.end(i);
    context.kernels->depthwise.forward(shape, begin, end, input, taps.get(), bias, output);
    if (moments == nullptr) return;
    moments->add(i, true, 0, p.oc, {output + begin * p.ow * p.oc, 1, (end - begin) * p.ow, 0, p.oc});
  });
}

void depthwise_backward_input(const Context& context, const ConvProblem& p, const float* grad_output,
                              const float* weight, float* grad_input) {
  const Workspace<float> taps(context, p.taps() * p.ic);
  const RowSlices slices(p, p.ih, p.iw);
  if (p.sh == 1 && p.sw == 1 && (p.kh - 1) * p.dh >= p.ph && (p.kw - 1) * p.dw >= p.pw) {
    // The forward pass from grad_output to grad_input, with the kernel turned by 180 degrees.
    const DepthwiseShape turned{
        p.ic, p.oh, p.ow, p.ih, p.iw, p.kh, p.kw, 1, 1, (p.kh - 1) * p.dh - p.ph, (p.kw - 1) * p.dw - p.pw,
        p.dh, p.dw, false};
    // Tap by tap: written across, a power of two of channels would have all taps share a set of the cache.
    for (int64_t tap = 0; tap < p.taps(); tap++) {
      float* to = taps.get() + (p.taps() - 1 - tap) * p.ic;
      for (int64_t c = 0; c < p.ic; c++) to[c] = weight[c * p.taps() + tap];
    }
    context.parallel(slices.count(), [&](int64_t i, int) {
      context.kernels->depthwise.forward(turned, slices.begin(i), slices.end(i), grad_output, taps.get(), nullptr,
                                         grad_input);
    });
    return;
  }
  const DepthwiseShape shape = shape_of(p);
  transpose(context, p.ic, p.taps(), weight, taps.get());
  context.parallel(slices.count(), [&](int64_t i, int) {
    context.kernels->depthwise.input(shape, slices.begin(i), slices.end(i), grad_output, taps.get(), grad_input);
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
    context.kernels->depthwise.weight(shape, parts.begin(part), parts.end(part), begin, end, input, grad_output, sum);
  });
  add_parts(context, parts.count, weights, partial.get(), partial.get());
  transpose(context, p.taps(), p.ic, partial.get(), grad_weight);
}

}  // namespace strided
