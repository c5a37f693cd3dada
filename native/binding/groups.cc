#include "groups.h"

namespace strided {

Groups::Groups(const Fields& problem) : settings_(problem.list("groups")) {
  for (size_t g = 0; g < settings_.size(); g++) {
    for (const int64_t size : settings_[g].integers("sizes")) {
      sizes_.push_back(size);
      group_.push_back(g);
    }
  }
}

std::vector<float*> Groups::spread(Call& call, const std::vector<bool>& held) const {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < sizes_.size(); i++) {
    if (held[group_[i]]) sizes.push_back(sizes_[i]);
  }
  const std::vector<float*> buffers = call.float_list(sizes);
  std::vector<float*> result(sizes_.size(), nullptr);
  size_t next = 0;
  for (size_t i = 0; i < sizes_.size(); i++) {
    if (held[group_[i]]) result[i] = buffers[next++];
  }
  return result;
}

}  // namespace strided
