// The parameters of an optimizer's step: groups that share settings, each with the sizes of its parameters.
#pragma once

#include <vector>

#include "call.h"

namespace strided {

// A function of ops/ with the settings that its parameters point into: moving a vector leaves its elements in place.
template <typename Step, typename Function>
struct Held {
  std::vector<Step> steps;
  Function function;

  Held(std::vector<Step> steps, Function function) : steps(std::move(steps)), function(function) {}
  Held(Held&&) = default;
  Held(const Held&) = delete;

  template <typename Parameters>
  void operator()(const Context& context, const Parameters& parameters) const {
    function(context, parameters);
  }
};

class Groups {
 public:
  // Reads `groups`, a list of settings with `sizes`.
  explicit Groups(const Fields& problem);

  // The kernel's form of the settings of each group.
  template <typename Step>
  std::vector<Step> steps(Step (*read)(const Fields& settings)) const {
    std::vector<Step> result;
    for (const Fields& settings : settings_) result.push_back(read(settings));
    return result;
  }

  // Of all parameters, group after group.
  const std::vector<int64_t>& sizes() const { return sizes_; }
  // The group of a parameter.
  size_t group(size_t parameter) const { return group_[parameter]; }

  // The next argument: a list of buffers for the parameters of those groups for which `has` holds; null for the others.
  template <typename Has>
  std::vector<float*> state(Call& call, Has has) const {
    std::vector<bool> held;
    for (const Fields& settings : settings_) held.push_back(has(settings));
    return spread(call, held);
  }

 private:
  std::vector<float*> spread(Call& call, const std::vector<bool>& held) const;

  std::vector<Fields> settings_;
  std::vector<int64_t> sizes_;
  std::vector<size_t> group_;
};

}  // namespace strided
