#include "../ops/ema.h"

#include "ops.h"

namespace strided::binding {

void ema_step(Call& call) {
  const Fields f = call.problem();
  const float rest = static_cast<float>(1 - f.number("decay"));
  const std::vector<int64_t> sizes = f.integers("sizes");
  const std::vector<float*> averages = call.float_list(sizes);
  const std::vector<float*> values = call.float_list(sizes);
  std::vector<EmaTensor> tensors;
  for (size_t i = 0; i < sizes.size(); i++) tensors.push_back({sizes[i], averages[i], values[i]});
  call.run(strided::ema_step, rest, tensors);
}

}  // namespace strided::binding
