#include "batch_norm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace strided {
namespace {

// Partial sums: enough for the threads of a large machine, few enough that merging them is nothing.
constexpr int64_t kMaxParts = 32;
// Lanes of the widest register, and floats of a row that keep a tile of the kernels busy.
constexpr int64_t kWidestLanes = 16;
constexpr int64_t kRowFloats = 64;
// Rows whose mean the moments are taken around. A few spread over the batch are as good as the true mean against
// cancellation, and one odd row among them does little harm.
constexpr int64_t kSamples = 16;

// Rows with few channels are joined until they fill whole registers.
int64_t joined_rows(const BatchNormProblem& p) {
  int64_t rows = kWidestLanes / std::gcd(p.c, kWidestLanes);
  while (rows * p.c < kRowFloats) rows *= 2;
  return std::min(rows, p.rows);
}

// The buffer as rows of `width`, and its parts.
struct Walk {
  int64_t c, size, width;
  Slices parts;

  explicit Walk(const BatchNormProblem& p)
      : c(p.c), size(p.rows * p.c), width(joined_rows(p) * p.c), parts(ceil_div(size, width), part_rows()) {}

  int64_t begin(int64_t part) const { return parts.begin(part) * width; }
  int64_t length(int64_t part) const { return std::min(size, parts.end(part) * width) - begin(part); }

  // Repeats the first c numbers over the width.
  void repeat(float* row) const {
    for (int64_t done = c; done < width; done *= 2) {
      std::memcpy(row + done, row, sizeof(float) * static_cast<size_t>(std::min(done, width - done)));
    }
  }

 private:
  int64_t part_rows() const {
    return std::max({int64_t{1}, kStreamSlice / width, ceil_div(ceil_div(size, width), kMaxParts)});
  }
};

// Coefficients by column, in one workspace.
struct Coefficients {
  Workspace<float> memory;
  float* mean;
  float* scale;
  float* slope;
  float* shift;

  Coefficients(const Context& context, const Walk& walk)
      : memory(context, 4 * walk.width),
        mean(memory.get()),
        scale(mean + walk.width),
        slope(scale + walk.width),
        shift(slope + walk.width) {}
};

// Two sums by channel over all rows, gathered by part.
struct Totals {
  Workspace<double> memory;
  double* first;
  double* second;

  // body(part, two zeroed rows of sums)
  template <typename Body>
  Totals(const Context& context, const Walk& walk, Body body)
      : memory(context, 2 * walk.width * walk.parts.count), first(memory.get()), second(first + walk.width) {
    const int64_t width = walk.width;
    context.parallel(walk.parts.count, [&](int64_t part, int) {
      double* sums = memory.get() + 2 * width * part;
      std::fill_n(sums, 2 * width, 0.0);
      body(part, sums, sums + width);
    });
    for (int64_t part = 1; part < walk.parts.count; part++) {
      const double* sums = memory.get() + 2 * width * part;
      for (int64_t j = 0; j < 2 * width; j++) first[j] += sums[j];
    }
    for (int64_t joined = walk.c; joined < width; joined += walk.c) {
      for (int64_t j = 0; j < walk.c; j++) first[j] += first[joined + j];
      for (int64_t j = 0; j < walk.c; j++) second[j] += second[joined + j];
    }
  }
};

template <typename T>
T* offset(T* pointer, int64_t elements) {
  return pointer == nullptr ? nullptr : pointer + elements;
}

// Whether an output is to pass the caches: it is large, at an address that allows it, and was not read there.
bool streams(const Walk& walk, const float* output, const float* read) {
  const bool aligned = output == nullptr || reinterpret_cast<uintptr_t>(output) % 64 == 0;
  return walk.size >= kStreamedSize && aligned && output != read;
}

// shift[c] = the mean of a few rows; in double, so that a channel of one value has exactly that one.
void sample_mean(const BatchNormProblem& p, const float* input, float* shift) {
  const int64_t samples = std::min(kSamples, p.rows);
  constexpr int64_t kBlock = 64;
  for (int64_t begin = 0; begin < p.c; begin += kBlock) {
    double sum[kBlock] = {};
    const int64_t count = std::min(kBlock, p.c - begin);
    for (int64_t i = 0; i < samples; i++) {
      const float* row = input + i * p.rows / samples * p.c + begin;
      for (int64_t j = 0; j < count; j++) sum[j] += static_cast<double>(row[j]);
    }
    for (int64_t j = 0; j < count; j++) shift[begin + j] = static_cast<float>(sum[j] / static_cast<double>(samples));
  }
}

void apply(const Context& context, const BatchNormProblem& p, const Walk& walk, const BatchNormBuffers& b,
           const Coefficients& k) {
  const bool streamed = streams(walk, b.output, b.input) && b.output != b.residual;
  for (float* row : {k.mean, k.scale, k.shift}) walk.repeat(row);
  context.parallel_backwards(walk.parts.count, [&](int64_t part, int) {
    const int64_t at = walk.begin(part);
    context.kernels->batch_norm.apply({walk.length(part), walk.width, k.mean, k.scale, k.shift, b.input + at,
                                       offset(b.residual, at), p.relu, offset(b.bits, at / 8), b.output + at,
                                       streamed});
  });
}

// sum[c] = Σ g, dot[c] = Σ g * (input - mean)
Totals gradient_sums(const Context& context, const Walk& walk, const BatchNormSaved& saved, const float* mean) {
  return Totals(context, walk, [&](int64_t part, double* sum, double* dot) {
    const int64_t at = walk.begin(part);
    context.kernels->batch_norm.sums(walk.length(part), walk.width, saved.input + at, saved.grad_output + at, mean,
                                     offset(saved.bits, at / 8), sum, dot);
  });
}

// `input` is null where slope and shift are 0.
void apply_gradient(const Context& context, const Walk& walk, const float* input, const BatchNormSaved& saved,
                    const Coefficients& k, const BatchNormGrads& grads) {
  const bool streamed =
      streams(walk, grads.input, saved.grad_output) && streams(walk, grads.residual, saved.grad_output);
  context.parallel_backwards(walk.parts.count, [&](int64_t part, int) {
    const int64_t at = walk.begin(part);
    context.kernels->batch_norm.gradient({walk.length(part), walk.width, k.mean, k.scale, k.slope, k.shift,
                                          offset(input, at), saved.grad_output + at, offset(saved.bits, at / 8),
                                          grads.input + at, offset(grads.residual, at), streamed});
  });
}

void copy_mean(const Walk& walk, const float* mean, const Coefficients& k) {
  std::copy_n(mean, walk.c, k.mean);
  walk.repeat(k.mean);
}

// Means, and sums of squares around them, of moments that were gathered before.
void known_moments(const BatchNormProblem& p, const float* moments, double* mean, double* squares) {
  for (int64_t j = 0; j < p.c; j++) {
    mean[j] = static_cast<double>(moments[j]) + static_cast<double>(moments[p.c + j]);
    squares[j] = static_cast<double>(moments[2 * p.c + j]);
  }
}

// The same of all rows, in a pass over them. `shift` is room for a row.
void find_moments(const Context& context, const BatchNormProblem& p, const Walk& walk, const float* input, float* shift,
                  double* mean, double* squares) {
  sample_mean(p, input, shift);
  walk.repeat(shift);
  const Totals totals(context, walk, [&](int64_t part, double* sum, double* square) {
    context.kernels->batch_norm.moments(walk.length(part), walk.width, input + walk.begin(part), shift, sum, square);
  });
  // Loops of one step each, which compilers turn into vectors.
  for (int64_t j = 0; j < p.c; j++) {
    const double moved = totals.first[j] / static_cast<double>(p.rows);
    const double around = totals.second[j] - totals.first[j] * moved;
    mean[j] = static_cast<double>(shift[j]) + moved;
    // Below 0 by rounding; NaN stays.
    squares[j] = around < 0 ? 0 : around;
  }
}

}  // namespace

void batch_norm_forward(const Context& context, const BatchNormProblem& p, const BatchNormBuffers& b,
                        const BatchNormStats& stats) {
  const Walk walk(p);
  const Coefficients k(context, walk);
  const double rows = static_cast<double>(p.rows);
  const Workspace<double> moments(context, 2 * p.c);
  double* const mean = moments.get();
  double* const squares = mean + p.c;
  if (b.moments != nullptr) {
    known_moments(p, b.moments, mean, squares);
  } else {
    find_moments(context, p, walk, b.input, k.mean, mean, squares);
  }
  if (stats.running_mean != nullptr) {
    const double kept = 1 - p.momentum;
    for (int64_t j = 0; j < p.c; j++) {
      stats.running_mean[j] = static_cast<float>(kept * stats.running_mean[j] + p.momentum * mean[j]);
    }
    const double share = p.momentum / (rows - 1);
    for (int64_t j = 0; j < p.c; j++) {
      stats.running_var[j] = static_cast<float>(kept * stats.running_var[j] + share * squares[j]);
    }
  }
  for (int64_t j = 0; j < p.c; j++) squares[j] = 1 / std::sqrt(squares[j] / rows + p.eps);
  for (int64_t j = 0; j < p.c; j++) stats.saved_mean[j] = k.mean[j] = static_cast<float>(mean[j]);
  for (int64_t j = 0; j < p.c; j++) stats.saved_rstd[j] = static_cast<float>(squares[j]);
  for (int64_t j = 0; j < p.c; j++) {
    const double scale = squares[j] * (b.weight == nullptr ? 1.0 : b.weight[j]);
    k.scale[j] = static_cast<float>(scale);
    // The part of the mean that its float lacks, so that mean 1000 with deviation 0.01 comes out centred.
    k.shift[j] = static_cast<float>((b.bias == nullptr ? 0.0 : b.bias[j]) - (mean[j] - k.mean[j]) * scale);
  }
  apply(context, p, walk, b, k);
}

void batch_norm_backward(const Context& context, const BatchNormProblem& p, const BatchNormSaved& saved,
                         const BatchNormGrads& grads) {
  const Walk walk(p);
  const Coefficients k(context, walk);
  copy_mean(walk, saved.mean, k);
  const Totals totals = gradient_sums(context, walk, saved, k.mean);
  const double rows = static_cast<double>(p.rows);
  for (int64_t j = 0; j < p.c; j++) {
    const double rstd = saved.spread[j];
    const double scale = rstd * (saved.weight == nullptr ? 1.0 : saved.weight[j]);
    const double dot = totals.second[j] * rstd;
    if (grads.weight != nullptr) grads.weight[j] = static_cast<float>(dot);
    if (grads.bias != nullptr) grads.bias[j] = static_cast<float>(totals.first[j]);
    k.scale[j] = static_cast<float>(scale);
    k.slope[j] = static_cast<float>(-scale * rstd * dot / rows);
    k.shift[j] = static_cast<float>(-scale * totals.first[j] / rows);
  }
  for (float* row : {k.scale, k.slope, k.shift}) walk.repeat(row);
  apply_gradient(context, walk, saved.input, saved, k, grads);
}

void batch_norm_eval_forward(const Context& context, const BatchNormProblem& p, const BatchNormBuffers& b,
                             const float* mean, const float* variance) {
  const Walk walk(p);
  const Coefficients k(context, walk);
  for (int64_t j = 0; j < p.c; j++) {
    const double rstd = 1 / std::sqrt(variance[j] + p.eps);
    k.mean[j] = mean[j];
    k.scale[j] = static_cast<float>(rstd * (b.weight == nullptr ? 1.0 : b.weight[j]));
    k.shift[j] = b.bias == nullptr ? 0.0f : b.bias[j];
  }
  apply(context, p, walk, b, k);
}

void batch_norm_eval_backward(const Context& context, const BatchNormProblem& p, const BatchNormSaved& saved,
                              const BatchNormGrads& grads) {
  const Walk walk(p);
  const Coefficients k(context, walk);
  const bool sums = grads.weight != nullptr || grads.bias != nullptr;
  if (sums) {
    copy_mean(walk, saved.mean, k);
    const Totals totals = gradient_sums(context, walk, saved, k.mean);
    for (int64_t j = 0; j < p.c; j++) {
      const double rstd = 1 / std::sqrt(saved.spread[j] + p.eps);
      if (grads.weight != nullptr) grads.weight[j] = static_cast<float>(totals.second[j] * rstd);
      if (grads.bias != nullptr) grads.bias[j] = static_cast<float>(totals.first[j]);
    }
  }
  for (int64_t j = 0; j < p.c; j++) {
    const double rstd = 1 / std::sqrt(saved.spread[j] + p.eps);
    k.scale[j] = static_cast<float>(rstd * (saved.weight == nullptr ? 1.0 : saved.weight[j]));
  }
  walk.repeat(k.scale);
  apply_gradient(context, walk, nullptr, saved, k, grads);
}

}  // namespace strided
