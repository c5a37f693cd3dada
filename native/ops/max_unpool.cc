#include "max_unpool.h"

#include <algorithm>

namespace strided {
namespace {

bool inside(int32_t position, const MaxUnpoolProblem& p) { return position >= 0 && position < p.large; }

}  // namespace

int64_t max_unpool_forward(const Context& context, const MaxUnpoolProblem& p, const float* input,
                           const int32_t* positions, float* output) {
  // A slice is one image's channels, or 16 of them, a cache line, where there are few images.
  const int64_t parts = p.n < 8 ? ceil_div(p.c, 16) : 1;
  const Workspace<int64_t> outside(context, p.n * parts);
  context.parallel(p.n * parts, [&](int64_t slice, int) {
    const int64_t n = slice / parts, begin = slice % parts * 16;
    const int64_t end = parts == 1 ? p.c : std::min(p.c, begin + 16);
    float* output_n = output + n * p.large * p.c;
    for (int64_t i = 0; i < p.large; i++) std::fill(output_n + i * p.c + begin, output_n + i * p.c + end, 0.0f);
    int64_t missed = 0;
    for (int64_t i = 0; i < p.small; i++) {
      for (int64_t c = begin; c < end; c++) {
        const int64_t at = (n * p.small + i) * p.c + c;
        if (inside(positions[at], p)) {
          output_n[positions[at] * p.c + c] = input[at];
        } else {
          missed++;
        }
      }
    }
    outside.get()[slice] = missed;
  });
  int64_t total = 0;
  for (int64_t slice = 0; slice < p.n * parts; slice++) total += outside.get()[slice];
  return total;
}

void max_unpool_backward(const Context& context, const MaxUnpoolProblem& p, const float* grad_output,
                         const int32_t* positions, float* grad_input) {
  const Slices rows(p.n * p.small, std::max<int64_t>(1, kStreamSlice / p.c));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t row = rows.begin(slice); row < rows.end(slice); row++) {
      const float* grad_output_n = grad_output + row / p.small * p.large * p.c;
      for (int64_t c = 0; c < p.c; c++) {
        const int32_t position = positions[row * p.c + c];
        grad_input[row * p.c + c] = inside(position, p) ? grad_output_n[position * p.c + c] : 0.0f;
      }
    }
  });
}

}  // namespace strided
