// Max pooling over all rows of an image batch; kernels/max_pool2d.h has the contract.
#pragma once

#include "context.h"

namespace strided {

// argmax may be null.
void max_pool2d_forward(const Context& context, const MaxPool2dShape& shape, const float* input, float* output,
                        int32_t* argmax);
void max_pool2d_backward(const Context& context, const MaxPool2dShape& shape, const float* grad_output,
                         const int32_t* argmax, float* grad_input);

}  // namespace strided
