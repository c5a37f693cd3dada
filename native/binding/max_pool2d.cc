#include "../ops/max_pool2d.h"

#include "ops.h"

namespace strided::binding {
namespace {

MaxPool2dShape read_shape(Call& call) {
  const Fields f = call.problem();
  const MaxPool2dShape s{f.integer("n", 0),  f.integer("c", 1),  f.integer("ih", 1), f.integer("iw", 1),
                         f.integer("oh", 1), f.integer("ow", 1), f.integer("kh", 1), f.integer("kw", 1),
                         f.integer("sh", 1), f.integer("sw", 1), f.integer("ph", 0), f.integer("pw", 0),
                         f.integer("dh", 1), f.integer("dw", 1)};
  for (const int64_t size : {s.oh, s.ow, s.kh, s.kw, s.sh, s.sw, s.ph, s.pw, s.dh, s.dw}) {
    if (size > INT32_MAX) throw ArgumentError{"a size is over 2^31"};
  }
  // argmax is 32 bits wide.
  if (product({s.ih, s.iw}) > INT32_MAX) throw ArgumentError{"an image has over 2^31 pixels"};
  return s;
}

}  // namespace

void max_pool2d_forward(Call& call) {
  const MaxPool2dShape s = read_shape(call);
  const int64_t outputs = product({s.n, s.oh, s.ow, s.c});
  const float* input = call.floats(product({s.n, s.ih, s.iw, s.c}));
  float* output = call.floats(outputs);
  strided::max_pool2d_forward(call.context(), s, input, output, call.optional_buffer<int32_t>(outputs));
}

void max_pool2d_backward(Call& call) {
  const MaxPool2dShape s = read_shape(call);
  const int64_t outputs = product({s.n, s.oh, s.ow, s.c});
  const float* grad_output = call.floats(outputs);
  const int32_t* argmax = call.buffer<int32_t>(outputs);
  strided::max_pool2d_backward(call.context(), s, grad_output, argmax, call.floats(product({s.n, s.ih, s.iw, s.c})));
}

}  // namespace strided::binding
