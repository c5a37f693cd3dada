#include "parts.h"

#include <algorithm>

namespace strided {

void add_parts(const Context& context, int64_t count, int64_t size, const float* parts, float* sum) {
  const auto& add = context.kernels->elementwise.binary[static_cast<int>(Binary::add)];
  const Slices slices(size, std::max<int64_t>(1, kStreamSlice / count));
  context.parallel(slices.count, [&](int64_t slice, int) {
    const int64_t begin = slices.begin(slice);
    const int64_t length = slices.end(slice) - begin;
    if (count == 1 && sum != parts) std::copy_n(parts + begin, length, sum + begin);
    for (int64_t i = 1; i < count; i++) {
      add(length, (i == 1 ? parts : sum) + begin, parts + i * size + begin, sum + begin);
    }
  });
}

}  // namespace strided
