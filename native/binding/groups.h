// The parameters of an optimizer's step: groups that share settings, each with the sizes of its parameters.
#pragma once

#include <vector>

#include "call.h"

namespace strided {

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
