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

// They say which memory is read.
inline void check_targets(const NllProblem& p, const int32_t* target) {
  const int64_t bad = find_bad_target(p, target);
  if (bad >= 0) {
    throw ArgumentError{"target " + std::to_string(target[bad]) + " at position " + std::to_string(bad) +
                        " is outside the " + std::to_string(p.c) + " classes"};
  }
}

// The function of ops/ behind a check of the targets, which a call queued before it may only be about to write.
template <typename Function>
auto checked(const NllProblem& p, const int32_t* target, Function function) {
  return [p, target, function](const Context& context, const auto&... arguments) {
    check_targets(p, target);
    function(context, arguments...);
  };
}

}  // namespace strided::binding
