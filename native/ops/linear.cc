#include "linear.h"

#include "gemm.h"

namespace strided {

void linear_forward(const Context& context, const LinearProblem& p, const float* input, const float* weight,
                    const float* bias, float* output) {
  gemm(context, {p.n, p.oc, p.ic, {input, p.ic, false}, {weight, p.ic, true}, bias, output, p.oc});
}

void linear_backward_input(const Context& context, const LinearProblem& p, const float* grad_output,
                           const float* weight, float* grad_input) {
  gemm(context, {p.n, p.ic, p.oc, {grad_output, p.oc, false}, {weight, p.ic, false}, nullptr, grad_input, p.ic});
}

void linear_backward_weight(const Context& context, const LinearProblem& p, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias) {
  gemm(context, {p.oc, p.ic, p.n, {grad_output, p.oc, true}, {input, p.ic, false}, nullptr, grad_weight, p.ic});
  if (grad_bias != nullptr) context.kernels->reduce.column_sum(p.n, p.oc, p.oc, grad_output, grad_bias);
}

}  // namespace strided
