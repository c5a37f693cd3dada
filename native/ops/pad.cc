#include "pad.h"

#include <algorithm>
#include <cstring>

namespace strided {
namespace {

int64_t source_of(int64_t j, int64_t size, int64_t before, int64_t after, PadMode mode) {
  const int64_t i = j - before;
  switch (mode) {
    case PadMode::constant:
      return i >= 0 && i < size ? i : -1;
    case PadMode::replicate:
      return std::clamp<int64_t>(i, 0, size - 1);
    case PadMode::reflect:
      return i < 0 ? -i : i < size ? i : 2 * (size - 1) - i;
    default: {
      const int64_t left = size + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
      const int64_t turn = j - std::max<int64_t>(before, 0) + left;
      return left < 1 || turn < 0 ? size : std::max<int64_t>(-before, 0) + turn % left;
    }
  }
}

PadDimension identical_dimension(int64_t size) { return {size, size, true, {}, {{0, 0, size}}, {}, {}}; }

// output_size is -1 where a source would lie outside the input.
PadDimension make_dimension(int64_t size, int64_t before, int64_t after, PadMode mode) {
  PadDimension d{size, size + before + after, false, {}, {}, {}, {}};
  std::vector<int64_t> count(static_cast<size_t>(size) + 1);
  for (int64_t j = 0; j < d.output_size; j++) {
    const int64_t from = source_of(j, size, before, after, mode);
    const bool none = from < 0 && mode == PadMode::constant;
    if (!none && (from < 0 || from >= size)) return {size, -1, false, {}, {}, {}, {}};
    d.source.push_back(from);
    if (!none) count[static_cast<size_t>(from) + 1]++;
    const PadRun previous = d.runs.empty() ? PadRun{0, 0, 0} : d.runs.back();
    const bool filler = previous.from < 0;
    if (previous.length > 0 && filler == none && (none || previous.from + previous.length == from)) {
      d.runs.back().length++;
    } else {
      d.runs.push_back({from, j, 1});
    }
  }
  for (size_t i = 1; i < count.size(); i++) count[i] += count[i - 1];
  d.first_target = count;
  d.targets.resize(static_cast<size_t>(count.back()));
  for (int64_t j = 0; j < d.output_size; j++) {
    const int64_t from = d.source[static_cast<size_t>(j)];
    if (from >= 0) d.targets[static_cast<size_t>(count[static_cast<size_t>(from)]++)] = j;
  }
  return d;
}

// Mirrored borders of images without channels inside go element by element.
void copy_run(char* to, const char* from, int64_t bytes) {
  if (bytes == 4) {
    std::memcpy(to, from, 4);
  } else {
    std::memcpy(to, from, static_cast<size_t>(bytes));
  }
}

// Elements up to which a call costs more than a loop; borders are mostly that short.
constexpr int64_t kShort = 16;

void add_run(const Context& context, float* to, const float* from, int64_t size) {
  if (size > kShort) return context.kernels->elementwise.binary[static_cast<int>(Binary::add)](size, to, from, to);
  for (int64_t i = 0; i < size; i++) to[i] += from[i];
}

// Where output row `row` comes from among the rows of the input, over all dimensions but the last; -1 for nowhere.
int64_t source_row(const PadProblem& p, int64_t row) {
  int64_t result = 0;
  int64_t step = 1;
  for (size_t d = p.dimensions.size() - 1; d-- > 0;) {
    const PadDimension& dimension = p.dimensions[d];
    const int64_t at = row % dimension.output_size;
    const int64_t from = dimension.identical ? at : dimension.source[static_cast<size_t>(at)];
    if (from < 0) return -1;
    row /= dimension.output_size;
    result += from * step;
    step *= dimension.input_size;
  }
  return result;
}

// Calls body(output row) for all rows that come from input row `row`, in order.
template <typename Body>
void for_target_rows(const PadProblem& p, size_t depth, int64_t row, int64_t rows, int64_t sofar, const Body& body) {
  if (depth + 1 == p.dimensions.size()) return body(sofar);
  const PadDimension& dimension = p.dimensions[depth];
  const int64_t below = rows / dimension.input_size;
  const size_t at = static_cast<size_t>(row / below);
  auto go = [&](int64_t to) {
    for_target_rows(p, depth + 1, row % below, below, sofar * dimension.output_size + to, body);
  };
  if (dimension.identical) return go(row / below);
  for (int64_t k = dimension.first_target[at]; k < dimension.first_target[at + 1]; k++) {
    go(dimension.targets[static_cast<size_t>(k)]);
  }
}

}  // namespace

bool make_pad(const std::vector<int64_t>& shape, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
              PadMode mode, PadProblem* problem) {
  *problem = {{}, 1, 1, 1};
  // Dimensions that are not padded: one factor in front of each that is, and one behind the last.
  int64_t plain = 1;
  for (size_t d = 0; d < shape.size(); d++) {
    problem->input_size *= shape[d];
    if (before[d] == 0 && after[d] == 0) {
      plain *= shape[d];
      continue;
    }
    if (plain > 1) problem->dimensions.push_back(identical_dimension(plain));
    plain = 1;
    problem->dimensions.push_back(make_dimension(shape[d], before[d], after[d], mode));
  }
  problem->inner = plain;
  // What has no pads at all is one run.
  if (problem->dimensions.empty()) problem->dimensions.push_back(identical_dimension(1));
  problem->output_size = plain;
  for (const PadDimension& dimension : problem->dimensions) {
    if (dimension.output_size < 0) return false;
    problem->output_size *= dimension.output_size;
  }
  return true;
}

void pad_forward(const Context& context, const PadProblem& p, int64_t item, const char* input, const char* value,
                 char* output) {
  const PadDimension& last = p.dimensions.back();
  const int64_t bytes = p.inner * item;
  const int64_t row_bytes = last.output_size * bytes;
  const Workspace<char> filler(context, value == nullptr ? 0 : row_bytes);
  for (int64_t i = 0; value != nullptr && i < row_bytes; i += item) {
    std::memcpy(filler.get() + i, value, static_cast<size_t>(item));
  }
  const Slices rows(p.output_size * item / row_bytes, std::max<int64_t>(1, 4 * kStreamSlice / row_bytes));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t row = rows.begin(slice); row < rows.end(slice); row++) {
      const int64_t from = source_row(p, row);
      char* to = output + row * row_bytes;
      if (from < 0) {
        std::memcpy(to, filler.get(), static_cast<size_t>(row_bytes));
        continue;
      }
      const char* input_row = input + from * last.input_size * bytes;
      for (const PadRun& run : last.runs) {
        const char* source = run.from < 0 ? filler.get() : input_row + run.from * bytes;
        copy_run(to + run.to * bytes, source, run.length * bytes);
      }
    }
  });
}

void pad_backward(const Context& context, const PadProblem& p, const float* grad_output, float* grad_input) {
  const PadDimension& last = p.dimensions.back();
  const int64_t row_size = last.input_size * p.inner;
  const int64_t all = p.input_size / row_size;
  const Slices rows(all, std::max<int64_t>(1, kStreamSlice / row_size));
  context.parallel(rows.count, [&](int64_t slice, int) {
    for (int64_t row = rows.begin(slice); row < rows.end(slice); row++) {
      float* to = grad_input + row * row_size;
      bool begun = false;
      for_target_rows(p, 0, row, all, 0, [&](int64_t output_row) {
        const float* from = grad_output + output_row * last.output_size * p.inner;
        // What covers the whole row is copied instead of added to zeros.
        for (const PadRun& run : last.runs) {
          if (run.from != 0 || run.length != last.input_size || begun) continue;
          std::memcpy(to, from + run.to * p.inner, sizeof(float) * static_cast<size_t>(row_size));
          begun = true;
          for (const PadRun& other : last.runs) {
            if (&other == &run || other.from < 0) continue;
            add_run(context, to + other.from * p.inner, from + other.to * p.inner, other.length * p.inner);
          }
          return;
        }
        if (!begun) std::fill_n(to, row_size, 0.0f);
        begun = true;
        for (const PadRun& run : last.runs) {
          if (run.from < 0) continue;
          add_run(context, to + run.from * p.inner, from + run.to * p.inner, run.length * p.inner);
        }
      });
      if (!begun) std::fill_n(to, row_size, 0.0f);
    }
  });
}

}  // namespace strided
