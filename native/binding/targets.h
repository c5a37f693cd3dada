// Reading rows of classes and the indices that belong to them.
#pragma once

#include "../ops/nll_loss.h"
#include "call.h"

namespace strided::binding {

inline NllProblem read_rows(const Fields& f) {
  NllProblem p{};
  p.rows = f.integer("rows");
  p.c = f.integer("c", 1);
  // Any number; what a 32-bit target cannot hold ignores nothing.
  const double ignored = f.number("ignoreIndex");
  p.ignore_index = ignored >= INT32_MIN && ignored <= INT32_MAX ? static_cast<int64_t>(ignored) : INT64_MAX;
  p.reduction = static_cast<Reduction>(f.choice("reduction", {"none", "mean", "sum"}));
  return p;
}

inline int64_t loss_size(const NllProblem& p) { return p.reduction == Reduction::none ? p.rows : 1; }

// Checked: they say which memory is read.
inline const int32_t* read_targets(Call& call, const NllProblem& p) {
  const int32_t* target = call.buffer<int32_t>(p.rows);
  const int64_t bad = find_bad_target(p, target);
  if (bad >= 0) {
    throw ArgumentError{"target " + std::to_string(target[bad]) + " at position " + std::to_string(bad) +
                        " is outside the " + std::to_string(p.c) + " classes"};
  }
  return target;
}

}  // namespace strided::binding
