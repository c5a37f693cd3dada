#include "grouped_conv2d.h"

#include <algorithm>

#include "parts.h"

namespace strided {
namespace {

// Partial sums of the weight gradient, over fixed shares of the rows of all images.
constexpr int64_t kMaxParts = 16;

bool fits(const KernelTable& kernels, int64_t in, int64_t out) {
  return in == out && (in == 2 || in == 4 || in == 8) && in < kernels.grouped.lanes;
}

// Filter rows [begin, end) that fall inside the source when the first output row's taps start at `top`.
struct Rows {
  int64_t begin, end;

  Rows(const TapLine& rows, int64_t top, int64_t height) : begin(0), end(rows.count()) {
    while (begin < end && top + rows.at(begin) < 0) begin++;
    while (begin < end && top + rows.at(end - 1) >= height) end--;
  }
};

// Weights as the kernels read them, block by block of channels: [block, h, k, i, lane], zero in lanes without a
// channel.
struct Blocks {
  int64_t lanes, count, group, taps;

  Blocks(const KernelTable& kernels, int64_t channels, int64_t group_channels, int64_t tap_count)
      : lanes(kernels.grouped.lanes), count(ceil_div(channels, lanes)), group(group_channels), taps(tap_count) {}
  int64_t floats() const { return taps * group * lanes; }
  // Where the first channel of a group stands.
  int64_t at(int64_t g) const { return g * group / lanes * floats() + g * group % lanes; }
};

void pack(const TapProblem& t, const TapPacker& packer, const Blocks& blocks, float* scratch, float* weight) {
  std::fill_n(weight, blocks.count * blocks.floats(), 0.0f);
  for (int64_t g = 0; g < t.groups; g++) {
    packer.pack(g, 0, blocks.group, blocks.group, scratch);
    float* target = weight + blocks.at(g);
    for (int64_t row = 0; row < blocks.taps * blocks.group; row++) {
      std::copy_n(scratch + row * blocks.group, blocks.group, target + row * blocks.lanes);
    }
  }
}

}  // namespace

bool is_grouped(const KernelTable& kernels, const TapProblem& t) {
  if (t.groups == 1 || !fits(kernels, t.source.channels, t.output.channels)) return false;
  if (t.source.d != 1 || t.output.depths != 1 || t.depths.count() != 1 || t.depths.at(0) != 0) return false;
  if (t.columns.count() > 3 || t.step_w > 2) return false;
  for (int64_t k = 1; k < t.columns.count(); k++) {
    if (t.columns.at(k) != t.columns.at(0) + k) return false;
  }
  return true;
}

void run_grouped_taps(const Context& context, const TapProblem& t, const TapPacker& packer) {
  const int64_t channels = t.groups * t.output.channels;
  const Blocks blocks(*context.kernels, channels, t.output.channels, t.taps());
  const Workspace<float> scratch(context, t.taps() * blocks.group * blocks.group);
  const Workspace<float> weight(context, blocks.count * blocks.floats());
  pack(t, packer, blocks, scratch.get(), weight.get());
  const int64_t row_flops = 2 * t.taps() * blocks.group * t.output.columns * channels;
  const Slices slices(t.output.rows, std::max<int64_t>(1, kFlopSlice / row_flops));
  context.parallel(t.source.n * slices.count, [&](int64_t slice, int) {
    const int64_t n = slice / slices.count;
    const float* image = t.source.data + n * t.source.h * t.source.w * t.source.pixel;
    for (int64_t y = slices.begin(slice % slices.count); y < slices.end(slice % slices.count); y++) {
      const Rows rows(t.rows, y * t.step_h, t.source.h);
      const int64_t row = t.rows.count() > 1 ? t.rows.at(1) - t.rows.at(0) : 0;
      const int64_t top = rows.begin < rows.end ? y * t.step_h + t.rows.at(rows.begin) : 0;
      float* output = t.output.data + n * t.output.image + y * t.output.row;
      for (int64_t b = 0; b < blocks.count; b++) {
        const int64_t c = b * blocks.lanes;
        const float* below = image + (top + rows.end - rows.begin) * t.source.w * t.source.pixel;
        const bool more = y + 1 < t.output.rows && top + rows.end - rows.begin < t.source.h;
        const GroupedRow shape{blocks.group,
                               std::min(blocks.lanes, channels - c),
                               t.source.w,
                               t.source.pixel,
                               t.output.columns,
                               t.output.pixel,
                               t.columns.at(0),
                               t.step_w,
                               t.columns.count(),
                               t.relu,
                               more ? below + c : nullptr,
                               more ? output + t.output.row + c : nullptr};
        const GroupedSource source{
            image + top * t.source.w * t.source.pixel + c, row * t.source.w * t.source.pixel, rows.end - rows.begin,
            weight.get() + b * blocks.floats() + rows.begin * t.columns.count() * blocks.group * blocks.lanes};
        context.kernels->grouped.taps(shape, source, t.bias == nullptr ? nullptr : t.bias + c, output + c);
      }
    }
  });
}

bool is_grouped(const KernelTable& kernels, const ConvProblem& p) {
  return p.g > 1 && fits(kernels, p.group_ic(), p.group_oc()) && p.is_2d() && p.kw <= 3 && p.sw <= 2 &&
         (p.dw == 1 || p.kw == 1);
}

void grouped_backward_weight(const Context& context, const ConvProblem& p, const float* input, const float* grad_output,
                             float* grad_weight) {
  const KernelTable& kernels = *context.kernels;
  const Blocks blocks(kernels, p.ic, p.group_ic(), p.taps());
  const Slices parts(p.n * p.oh, ceil_div(p.n * p.oh, kMaxParts));
  const int64_t floats = blocks.count * blocks.floats();
  const Workspace<float> partial(context, parts.count * floats);
  context.parallel(parts.count, [&](int64_t part, int) {
    float* sum = partial.get() + part * floats;
    std::fill_n(sum, floats, 0.0f);
    for (int64_t row = parts.begin(part); row < parts.end(part); row++) {
      const int64_t n = row / p.oh;
      const float* image = input + n * p.input_image();
      for (int64_t kh = 0; kh < p.kh; kh++) {
        const int64_t ih = (row - n * p.oh) * p.sh - p.ph + kh * p.dh;
        if (ih < 0 || ih >= p.ih) continue;
        for (int64_t b = 0; b < blocks.count; b++) {
          const int64_t c = b * blocks.lanes;
          const bool more = kh + 1 == p.kh && row + 1 < parts.end(part) && ih + 1 < p.ih;
          const float* here = image + ih * p.iw * p.ic + c;
          const float* grad = grad_output + row * p.ow * p.oc + c;
          const GroupedRow shape{blocks.group,
                                 std::min(blocks.lanes, p.ic - c),
                                 p.iw,
                                 p.ic,
                                 p.ow,
                                 p.oc,
                                 -p.pw,
                                 p.sw,
                                 p.kw,
                                 false,
                                 more ? here + p.iw * p.ic : nullptr,
                                 more ? grad + p.ow * p.oc : nullptr};
          kernels.grouped.weight(shape, here, grad,
                                 sum + b * blocks.floats() + kh * p.kw * blocks.group * blocks.lanes);
        }
      }
    }
  });
  add_parts(context, parts.count, floats, partial.get(), partial.get());
  for (int64_t oc = 0; oc < p.oc; oc++) {
    const float* from = partial.get() + blocks.at(oc / blocks.group) + oc % blocks.group;
    for (int64_t i = 0; i < blocks.taps * blocks.group; i++) {
      grad_weight[oc * blocks.taps * blocks.group + i] = from[i * blocks.lanes];
    }
  }
}

}  // namespace strided
