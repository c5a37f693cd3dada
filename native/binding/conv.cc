#include "../ops/conv.h"

#include "ops.h"

namespace strided::binding {
namespace {

ConvProblem checked(const ConvProblem& p) {
  if (p.ic % p.g != 0 || p.oc % p.g != 0) throw ArgumentError{"g must divide ic and oc"};
  // Distances within an image are sums of these; none may come near the range of an integer.
  for (const int64_t size :
       {p.kd, p.kh, p.kw, p.sd, p.sh, p.sw, p.pd, p.ph, p.pw, p.dd, p.dh, p.dw, p.od, p.oh, p.ow}) {
    if (size > INT32_MAX) throw ArgumentError{"a size is over 2^31"};
  }
  return p;
}

ConvProblem read_problem(Call& call, bool has_depth) {
  const Fields f = call.problem();
  ConvProblem p{};
  p.n = f.integer("n");
  p.g = f.integer("g", 1);
  p.ic = f.integer("ic", 1);
  p.ih = f.integer("ih", 1);
  p.iw = f.integer("iw", 1);
  p.oc = f.integer("oc", 1);
  p.oh = f.integer("oh", 1);
  p.ow = f.integer("ow", 1);
  p.kh = f.integer("kh", 1);
  p.kw = f.integer("kw", 1);
  p.sh = f.integer("sh", 1);
  p.sw = f.integer("sw", 1);
  p.ph = f.integer("ph");
  p.pw = f.integer("pw");
  p.dh = f.integer("dh", 1);
  p.dw = f.integer("dw", 1);
  p.id = has_depth ? f.integer("id", 1) : 1;
  p.od = has_depth ? f.integer("od", 1) : 1;
  p.kd = has_depth ? f.integer("kd", 1) : 1;
  p.sd = has_depth ? f.integer("sd", 1) : 1;
  p.pd = has_depth ? f.integer("pd") : 0;
  p.dd = has_depth ? f.integer("dd", 1) : 1;
  p.relu = f.boolean("relu");
  return checked(p);
}

ConvProblem read_2d(Call& call) { return read_problem(call, false); }
ConvProblem read_3d(Call& call) { return read_problem(call, true); }

int64_t input_size(const ConvProblem& p) { return product({p.n, p.id, p.ih, p.iw, p.ic}); }
int64_t output_size(const ConvProblem& p) { return product({p.n, p.od, p.oh, p.ow, p.oc}); }
int64_t weight_size(const ConvProblem& p) { return product({p.oc, p.kd, p.kh, p.kw, p.group_ic()}); }

// In two dimensions the moments of the output come last, null when nobody asks for them.
void forward(Call& call, const ConvProblem& p, bool takes_moments) {
  const float* input = call.floats(input_size(p));
  const float* weight = call.floats(weight_size(p));
  const float* bias = call.optional_floats(p.oc);
  float* output = call.floats(output_size(p));
  float* target = takes_moments ? call.optional_floats(product({3, p.oc})) : nullptr;
  if (target == nullptr) {
    call.run(strided::conv_forward, p, input, weight, bias, output, nullptr);
    return;
  }
  call.run([=](const Context& context) {
    Moments moments(context, p.oc, target);
    strided::conv_forward(context, p, input, weight, bias, output, &moments);
    moments.finish(output, p.n * p.output_pixels());
  });
}

void backward_input(Call& call, const ConvProblem& p) {
  const float* grad_output = call.floats(output_size(p));
  const float* weight = call.floats(weight_size(p));
  call.run(strided::conv_backward_input, p, grad_output, weight, call.floats(input_size(p)));
}

void backward_weight(Call& call, const ConvProblem& p) {
  const float* input = call.floats(input_size(p));
  const float* grad_output = call.floats(output_size(p));
  float* grad_weight = call.floats(weight_size(p));
  float* grad_bias = call.optional_floats(p.oc);
  call.run(strided::conv_backward_weight, p, input, grad_output, grad_weight, grad_bias);
}

}  // namespace

void conv2d_forward(Call& call) { forward(call, read_2d(call), true); }
void conv2d_backward_input(Call& call) { backward_input(call, read_2d(call)); }
void conv2d_backward_weight(Call& call) { backward_weight(call, read_2d(call)); }
void conv3d_forward(Call& call) { forward(call, read_3d(call), false); }
void conv3d_backward_input(Call& call) { backward_input(call, read_3d(call)); }
void conv3d_backward_weight(Call& call) { backward_weight(call, read_3d(call)); }

}  // namespace strided::binding
