#include "pointwise_loss.h"

#include <algorithm>
#include <array>

#include "repeated_row.h"

namespace strided {
namespace {

// A logarithm costs as much as moving four floats.
constexpr int64_t kSlice = kStreamSlice / 4;

// Elements that a kernel takes at a time, so that constants and losses that are only summed stay in the first cache.
constexpr int64_t kPart = 1024;
using Part = std::array<float, kPart>;

// Where the inputs of each part of a slice lie.
class Parts {
 public:
  Parts(const Context& context, const PointwiseLossProblem& p, const LossInputs& inputs)
      : inputs_(inputs),
        weight_(context, inputs.weight, p.width, p.size),
        pos_weight_(context, inputs.pos_weight, p.width, p.size) {
    ones_.fill(1.0f);
  }

  // Calls body(begin, length, inputs from there).
  template <typename Body>
  void cover(int64_t begin, int64_t end, Body body) const {
    const bool weighted = inputs_.weight != nullptr || inputs_.pos_weight != nullptr;
    while (begin < end) {
      const int64_t offset = weighted ? begin % weight_.width() : 0;
      const int64_t row_end = weighted ? weight_.width() : kPart;
      const int64_t length = std::min({kPart, end - begin, row_end - offset});
      body(begin, length,
           LossInputs{inputs_.input + begin, inputs_.target + begin, at(weight_, offset), at(pos_weight_, offset)});
      begin += length;
    }
  }

 private:
  const float* at(const RepeatedRow& row, int64_t offset) const {
    return row.get() == nullptr ? ones_.data() : row.get() + offset;
  }

  LossInputs inputs_;
  RepeatedRow weight_;
  RepeatedRow pos_weight_;
  Part ones_;
};

}  // namespace

void pointwise_loss_forward(const Context& context, const PointwiseLossProblem& p, const LossInputs& inputs,
                            float* loss) {
  const auto each = context.kernels->pointwise_loss.each[static_cast<int>(p.op)];
  const Parts parts(context, p, inputs);
  const Slices slices(p.size, kSlice);
  const Workspace<double> sums(context, slices.count);
  context.parallel(slices.count, [&](int64_t i, int) {
    Part some;
    double sum = 0;
    parts.cover(slices.begin(i), slices.end(i), [&](int64_t at, int64_t length, const LossInputs& from) {
      each(length, p.a, from, p.each ? loss + at : some.data());
      if (!p.each) sum += context.kernels->reduce.row_sum(length, some.data());
    });
    sums.get()[i] = sum;
  });
  if (p.each) return;
  double total = 0;
  for (int64_t i = 0; i < slices.count; i++) total += sums.get()[i];
  *loss = static_cast<float>(total / p.divisor);
}

void pointwise_loss_backward(const Context& context, const PointwiseLossProblem& p, const LossInputs& inputs,
                             const float* grad_loss, float* grad_input, float* grad_target) {
  const PointwiseLossKernels& kernels = context.kernels->pointwise_loss;
  const int op = static_cast<int>(p.op);
  const Parts parts(context, p, inputs);
  Part scale;
  if (!p.each) scale.fill(static_cast<float>(*grad_loss / p.divisor));
  const Slices slices(p.size, kSlice);
  context.parallel(slices.count, [&](int64_t i, int) {
    parts.cover(slices.begin(i), slices.end(i), [&](int64_t at, int64_t length, const LossInputs& from) {
      const float* grad = p.each ? grad_loss + at : scale.data();
      if (grad_input != nullptr) kernels.grad_input[op](length, p.a, from, grad, grad_input + at);
      if (grad_target != nullptr) kernels.grad_target[op](length, p.a, from, grad, grad_target + at);
    });
  });
}

}  // namespace strided
