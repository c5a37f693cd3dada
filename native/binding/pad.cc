#include "../ops/pad.h"

#include "ops.h"

namespace strided::binding {
namespace {

struct Sizes {
  std::vector<int64_t> shape, before, after;
  int64_t input, output;  // in elements
};

Sizes read_sizes(const Fields& f) {
  constexpr int64_t kLeast = -(int64_t{1} << 31);
  Sizes s{f.integers("shape", 1), f.integers("before", kLeast), f.integers("after", kLeast), 1, 1};
  if (s.before.size() != s.shape.size() || s.after.size() != s.shape.size()) {
    throw ArgumentError{"before and after must have one entry a dimension"};
  }
  for (size_t d = 0; d < s.shape.size(); d++) {
    const int64_t padded = s.shape[d] + s.before[d] + s.after[d];
    if (padded < 1) throw ArgumentError{"nothing is left"};
    s.input = product({s.input, s.shape[d]});
    s.output = product({s.output, padded});
  }
  return s;
}

PadMode read_mode(const Fields& f) {
  return static_cast<PadMode>(f.choice("mode", {"constant", "reflect", "replicate", "circular"}));
}

// After the buffers were checked: the lists of a dimension are no longer than they are.
PadProblem make_problem(const Fields& f, const Sizes& s) {
  PadProblem problem;
  if (!make_pad(s.shape, s.before, s.after, read_mode(f), &problem)) {
    throw ArgumentError{"an end is wider than the mode allows"};
  }
  return problem;
}

}  // namespace

void pad_forward(Call& call) {
  const Fields f = call.problem();
  const Sizes s = read_sizes(f);
  const int64_t item = f.integer("itemSize", 1);
  if (item != 1 && item != 4 && item != 8) throw ArgumentError{"itemSize must be 1, 4 or 8"};
  const char* input = call.buffer<char>(product({s.input, item}));
  const char* value = call.optional_buffer<char>(item);
  char* output = call.buffer<char>(product({s.output, item}));
  if (value == nullptr && read_mode(f) == PadMode::constant) throw ArgumentError{"constant padding needs a value"};
  call.run(strided::pad_forward, make_problem(f, s), item, input, value, output);
}

void pad_backward(Call& call) {
  const Fields f = call.problem();
  const Sizes s = read_sizes(f);
  const float* grad_output = call.floats(s.output);
  float* grad_input = call.floats(s.input);
  call.run(strided::pad_backward, make_problem(f, s), grad_output, grad_input);
}

}  // namespace strided::binding
