#include "../ops/conv2d.h"

#include "ops.h"

namespace strided::binding {
namespace {

Conv2dProblem read_problem(Call& call) {
  const Fields f = call.problem();
  const Conv2dProblem p{f.integer("n", 0),  f.integer("g", 1),  f.integer("ic", 1), f.integer("ih", 1),
                        f.integer("iw", 1), f.integer("oc", 1), f.integer("oh", 1), f.integer("ow", 1),
                        f.integer("kh", 1), f.integer("kw", 1), f.integer("sh", 1), f.integer("sw", 1),
                        f.integer("ph", 0), f.integer("pw", 0), f.integer("dh", 1), f.integer("dw", 1)};
  if (p.ic % p.g != 0 || p.oc % p.g != 0) throw ArgumentError{"g must divide ic and oc"};
  // Distances within an image are sums of these; none may come near the range of an integer.
  for (const int64_t size : {p.kh, p.kw, p.sh, p.sw, p.ph, p.pw, p.dh, p.dw, p.oh, p.ow}) {
    if (size > INT32_MAX) throw ArgumentError{"a size is over 2^31"};
  }
  return p;
}

int64_t input_size(const Conv2dProblem& p) { return product({p.n, p.ih, p.iw, p.ic}); }
int64_t output_size(const Conv2dProblem& p) { return product({p.n, p.oh, p.ow, p.oc}); }
int64_t weight_size(const Conv2dProblem& p) { return product({p.oc, p.kh, p.kw, p.group_ic()}); }

}  // namespace

void conv2d_forward(Call& call) {
  const Conv2dProblem p = read_problem(call);
  const float* input = call.floats(input_size(p));
  const float* weight = call.floats(weight_size(p));
  const float* bias = call.optional_floats(p.oc);
  strided::conv2d_forward(call.context(), p, input, weight, bias, call.floats(output_size(p)));
}

void conv2d_backward_input(Call& call) {
  const Conv2dProblem p = read_problem(call);
  const float* grad_output = call.floats(output_size(p));
  const float* weight = call.floats(weight_size(p));
  strided::conv2d_backward_input(call.context(), p, grad_output, weight, call.floats(input_size(p)));
}

void conv2d_backward_weight(Call& call) {
  const Conv2dProblem p = read_problem(call);
  const float* input = call.floats(input_size(p));
  const float* grad_output = call.floats(output_size(p));
  float* grad_weight = call.floats(weight_size(p));
  float* grad_bias = call.optional_floats(p.oc);
  strided::conv2d_backward_weight(call.context(), p, input, grad_output, grad_weight, grad_bias);
}

}  // namespace strided::binding
