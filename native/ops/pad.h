// Continuing a dense tensor beyond its borders.
//
//   output[j, ...] = input[source(j), ...] along each dimension, where source depends on the mode: reflect mirrors
//   about the border elements, replicate repeats them, circular continues with the opposite end, constant has no source
//   beyond. grad_input[i] = Σ grad_output[j] over all j whose source is i, added in the order of j.
#pragma once

#include <vector>

#include "context.h"

namespace strided {

enum class PadMode { constant, reflect, replicate, circular };

// Neighbouring positions `to`, `to` + 1, ... that are copied from `from`, `from` + 1, ..., or have no source: from < 0.
struct PadRun {
  int64_t from, to, length;
};

// One dimension: where each output position comes from, the same as runs, and where input position i goes, which is
// targets[first_target[i]] to targets[first_target[i + 1]]. An identical one, which is not padded, has no lists but
// runs.
struct PadDimension {
  int64_t input_size, output_size;
  bool identical;
  std::vector<int64_t> source;
  std::vector<PadRun> runs;
  std::vector<int64_t> first_target;
  std::vector<int64_t> targets;
};

// Dimensions in memory order, joined where they are not padded; `inner` elements follow the last padded one.
struct PadProblem {
  std::vector<PadDimension> dimensions;
  int64_t inner;
  int64_t input_size, output_size;  // in elements
};

// False where a source would lie outside the input.
bool make_pad(const std::vector<int64_t>& shape, const std::vector<int64_t>& before, const std::vector<int64_t>& after,
              PadMode mode, PadProblem* problem);

// Elements of `item` bytes; value is one of them, which only constant padding reads.
void pad_forward(const Context& context, const PadProblem& problem, int64_t item, const char* input, const char* value,
                 char* output);
void pad_backward(const Context& context, const PadProblem& problem, const float* grad_output, float* grad_input);

}  // namespace strided
