#include "sgd.h"

#include <algorithm>

namespace strided {

void sgd_step(const Context& context, const SgdStep& step, const std::vector<SgdParameter>& parameters) {
  // All parameters end to end, cut into equal slices: small tensors share one, large ones span several.
  std::vector<int64_t> end;
  int64_t total = 0;
  for (const SgdParameter& p : parameters) end.push_back(total += p.size);
  const Slices slices(total, kStreamSlice / 2);
  context.parallel(total == 0 ? 0 : slices.count, [&](int64_t slice, int) {
    int64_t at = slices.begin(slice);
    const int64_t last = slices.end(slice);
    size_t i = static_cast<size_t>(std::upper_bound(end.begin(), end.end(), at) - end.begin());
    while (at < last) {
      const SgdParameter& p = parameters[i];
      const int64_t offset = at - (end[i] - p.size);
      const int64_t length = std::min(last, end[i]) - at;
      context.kernels->sgd.step(step, length, p.param + offset, p.grad + offset,
                                p.buffer == nullptr ? nullptr : p.buffer + offset);
      at += length;
      i++;
    }
  });
}

}  // namespace strided
