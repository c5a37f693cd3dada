#include "group_norm.h"

#include <algorithm>

#include "group_norm_pass.h"

namespace strided {
namespace {

// Runs body(first pixel, pixels) over the parts of an image, which all were read before.
template <typename Body>
void backwards(const Context& context, const Slices& parts, Body body) {
  context.parallel_backwards(parts.count,
                             [&](int64_t part, int) { body(parts.begin(part), parts.end(part) - parts.begin(part)); });
}

}  // namespace

void group_norm_forward(const Context& context, const GroupNormProblem& p, const float* input, const float* weight,
                        const float* bias, const GroupNormStats& saved, float* output) {
  const GroupNormPass pass(context, p);
  const ThreadWorkspace<double> memory(context, GroupNormScratch::doubles(pass.row));
  const bool streamed = pass.streams(output, input);
  if (pass.by_image()) {
    const Slices slices = pass.images();
    return context.parallel(slices.count, [&](int64_t slice, int thread) {
      const GroupNormScratch s(memory.get(thread), pass.row);
      for (int64_t n = slices.begin(slice); n < slices.end(slice); n++) {
        const float* input_n = input + n * pass.image;
        pass.choose_shift(input_n, s.mean);
        pass.sums(p.spatial, input_n, s);
        pass.statistics(s, weight, bias, saved.mean + n * p.groups, saved.rstd + n * p.groups);
        pass.apply(p.spatial, input_n, s, output + n * pass.image, streamed);
      }
    });
  }
  const Slices parts = pass.pixels();
  const Workspace<double> partial(context, 2 * p.c * parts.count);
  const Workspace<double> own(context, GroupNormScratch::doubles(pass.row));
  const GroupNormScratch s(own.get(), pass.row);
  for (int64_t n = 0; n < p.n; n++) {
    const float* input_n = input + n * pass.image;
    pass.choose_shift(input_n, s.mean);
    pass.total_of_parts(context, parts, s, memory, partial.get(),
                        [&](int64_t pixel, int64_t pixels, const GroupNormScratch& part) {
                          pass.sums(pixels, input_n + pixel * p.c, part);
                        });
    pass.statistics(s, weight, bias, saved.mean + n * p.groups, saved.rstd + n * p.groups);
    backwards(context, parts, [&](int64_t pixel, int64_t pixels) {
      pass.apply(pixels, input_n + pixel * p.c, s, output + n * pass.image + pixel * p.c, streamed);
    });
  }
}

void group_norm_backward(const Context& context, const GroupNormProblem& p, const float* input,
                         const float* grad_output, const GroupNormStats& saved, const float* weight,
                         const GroupNormGrads& grads) {
  const GroupNormPass pass(context, p);
  const ThreadWorkspace<double> memory(context, GroupNormScratch::doubles(pass.row));
  const bool by_image = pass.by_image();
  const bool streamed = pass.streams(grads.input, grad_output);
  const Slices slices = pass.images();
  const Slices parts = pass.pixels();
  // Gradients of weight and bias by slice of images, or of all.
  const int64_t sums = by_image ? slices.count : 1;
  const Workspace<double> totals(context, 2 * p.c * sums);
  std::fill_n(totals.get(), 2 * p.c * sums, 0.0);
  if (by_image) {
    context.parallel(slices.count, [&](int64_t slice, int thread) {
      const GroupNormScratch s(memory.get(thread), pass.row);
      for (int64_t n = slices.begin(slice); n < slices.end(slice); n++) {
        const int64_t at = n * pass.image;
        pass.spread_mean(saved.mean + n * p.groups, s);
        pass.dots(p.spatial, input + at, grad_output + at, s);
        pass.coefficients(s, saved.rstd + n * p.groups, weight, totals.get() + 2 * p.c * slice);
        pass.gradient(p.spatial, input + at, grad_output + at, s, grads.input + at, streamed);
      }
    });
  } else {
    const Workspace<double> partial(context, 2 * p.c * parts.count);
    const Workspace<double> own(context, GroupNormScratch::doubles(pass.row));
    const GroupNormScratch s(own.get(), pass.row);
    for (int64_t n = 0; n < p.n; n++) {
      const int64_t at = n * pass.image;
      pass.spread_mean(saved.mean + n * p.groups, s);
      pass.total_of_parts(context, parts, s, memory, partial.get(),
                          [&](int64_t pixel, int64_t pixels, const GroupNormScratch& part) {
                            const int64_t first = at + pixel * p.c;
                            pass.dots(pixels, input + first, grad_output + first, part);
                          });
      pass.coefficients(s, saved.rstd + n * p.groups, weight, totals.get());
      backwards(context, parts, [&](int64_t pixel, int64_t pixels) {
        const int64_t first = at + pixel * p.c;
        pass.gradient(pixels, input + first, grad_output + first, s, grads.input + first, streamed);
      });
    }
  }
  for (int64_t i = 1; i < sums; i++) {
    for (int64_t j = 0; j < 2 * p.c; j++) totals.get()[j] += totals.get()[2 * p.c * i + j];
  }
  for (int64_t j = 0; j < p.c; j++) {
    if (grads.weight != nullptr) grads.weight[j] = static_cast<float>(totals.get()[j]);
    if (grads.bias != nullptr) grads.bias[j] = static_cast<float>(totals.get()[p.c + j]);
  }
}

}  // namespace strided
