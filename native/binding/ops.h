// The functions that JavaScript calls, one for each member of `Kernels`, each defined in the file of its op.
#pragma once

#include "call.h"

namespace strided::binding {

// memory.cc
void allocate(Call& call);
void free(Call& call);
void read(Call& call);
void write(Call& call);
void memory(Call& call);
void set_num_threads(Call& call);
void get_num_threads(Call& call);
void set_conv_precision(Call& call);
void begin_queue(Call& call);
void end_queue(Call& call);
void fail_allocations(Call& call);
// mpi.cc
void mpi_open(Call& call);
void mpi_initialize(Call& call);
void mpi_submit(Call& call);
void mpi_wait(Call& call);
void mpi_run(Call& call);
void mpi_finalize(Call& call);
void mpi_abort(Call& call);
// elementwise.cc
void fill(Call& call);
void unary(Call& call);
void binary(Call& call);
void binary_scalar(Call& call);
void binary_strided(Call& call);
void compare_strided(Call& call);
void relu_forward(Call& call);
void relu_backward(Call& call);
void relu_bits_forward(Call& call);
void relu_bits_backward(Call& call);
// activation.cc
void activation_forward(Call& call);
void activation_backward(Call& call);
// copy.cc
void copy(Call& call);
void cast(Call& call);
void gather_rows(Call& call);
// image_crop.cc, pad.cc
void image_crop(Call& call);
void pad_forward(Call& call);
void pad_backward(Call& call);
// reduce.cc
void reduce(Call& call);
// matmul.cc, linear.cc, conv.cc
void matmul(Call& call);
void linear_forward(Call& call);
void linear_backward_input(Call& call);
void linear_backward_weight(Call& call);
void conv2d_forward(Call& call);
void conv2d_backward_input(Call& call);
void conv2d_backward_weight(Call& call);
void conv3d_forward(Call& call);
void conv3d_backward_input(Call& call);
void conv3d_backward_weight(Call& call);
// max_pool.cc, avg_pool.cc, max_unpool.cc
void max_pool_forward(Call& call);
void max_pool_backward(Call& call);
void adaptive_max_pool_forward(Call& call);
void adaptive_max_pool_backward(Call& call);
void avg_pool_forward(Call& call);
void avg_pool_backward(Call& call);
void adaptive_avg_pool_forward(Call& call);
void adaptive_avg_pool_backward(Call& call);
void max_unpool_forward(Call& call);
void max_unpool_backward(Call& call);
// batch_norm.cc
void batch_norm_forward(Call& call);
void batch_norm_backward(Call& call);
void batch_norm_eval_forward(Call& call);
void batch_norm_eval_backward(Call& call);
// group_norm.cc
void group_norm_forward(Call& call);
void group_norm_backward(Call& call);
// layer_norm.cc
void layer_norm_forward(Call& call);
void layer_norm_backward(Call& call);
void rms_norm_forward(Call& call);
void rms_norm_backward(Call& call);
// local_response_norm.cc
void local_response_norm_forward(Call& call);
void local_response_norm_backward(Call& call);
// softmax.cc
void softmax_forward(Call& call);
void softmax_backward(Call& call);
void log_softmax_forward(Call& call);
void log_softmax_backward(Call& call);
// cross_entropy.cc
void cross_entropy_forward(Call& call);
void cross_entropy_backward(Call& call);
void soft_cross_entropy_forward(Call& call);
void soft_cross_entropy_backward(Call& call);
// nll_loss.cc, pointwise_loss.cc, prelu.cc
void nll_loss_forward(Call& call);
void nll_loss_backward(Call& call);
void pointwise_loss_forward(Call& call);
void pointwise_loss_backward(Call& call);
void prelu_forward(Call& call);
void prelu_backward(Call& call);
// sgd.cc, adam.cc, rmsprop.cc, adagrad.cc
void sgd_step(Call& call);
void adam_step(Call& call);
void rmsprop_step(Call& call);
void adagrad_step(Call& call);
// ema.cc, clip_grad.cc
void ema_step(Call& call);
void clip_grad_norm(Call& call);
void clip_grad_value(Call& call);
// random.cc
void random_uniform(Call& call);
void random_normal(Call& call);
void dropout(Call& call);

}  // namespace strided::binding
