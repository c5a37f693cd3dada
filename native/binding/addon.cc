// The addon's exports: `createEnvironment({ isa, threads, guard })`, whose result has the functions below; `cpu()`,
// which takes the registers of another CPU than this one to say what would run there; `version`, the package's:
// JavaScript of another version does not use this addon; and for tests `refuseThreads(refuse)`, after which no thread
// can be started.
#include <napi.h>

#include <memory>
#include <new>
#include <vector>

#include "../dispatch/cpu.h"
#include "../mpi/mpi.h"
#include "../runtime/flush_denormals.h"
#include "failure.h"
#include "ops.h"

namespace strided {
namespace {

struct Export {
  const char* name;
  void (*function)(Call&);
};

constexpr Export kExports[] = {
    {"allocate", binding::allocate},
    {"free", binding::free},
    {"read", binding::read},
    {"write", binding::write},
    {"memory", binding::memory},
    {"setNumThreads", binding::set_num_threads},
    {"getNumThreads", binding::get_num_threads},
    {"setConvPrecision", binding::set_conv_precision},
    {"mpiOpen", binding::mpi_open},
    {"mpiInitialize", binding::mpi_initialize},
    {"mpiSubmit", binding::mpi_submit},
    {"mpiWait", binding::mpi_wait},
    {"mpiRun", binding::mpi_run},
    {"mpiFinalize", binding::mpi_finalize},
    {"mpiAbort", binding::mpi_abort},
    {"beginQueue", binding::begin_queue},
    {"endQueue", binding::end_queue},
    {"failAllocations", binding::fail_allocations},
    {"fill", binding::fill},
    {"copy", binding::copy},
    {"cast", binding::cast},
    {"gatherRows", binding::gather_rows},
    {"imageCrop", binding::image_crop},
    {"padForward", binding::pad_forward},
    {"padBackward", binding::pad_backward},
    {"unary", binding::unary},
    {"binary", binding::binary},
    {"binaryScalar", binding::binary_scalar},
    {"binaryStrided", binding::binary_strided},
    {"compareStrided", binding::compare_strided},
    {"reduce", binding::reduce},
    {"reluForward", binding::relu_forward},
    {"reluBackward", binding::relu_backward},
    {"reluBitsForward", binding::relu_bits_forward},
    {"reluBitsBackward", binding::relu_bits_backward},
    {"activationForward", binding::activation_forward},
    {"activationBackward", binding::activation_backward},
    {"dropout", binding::dropout},
    {"matmul", binding::matmul},
    {"linearForward", binding::linear_forward},
    {"linearBackwardInput", binding::linear_backward_input},
    {"linearBackwardWeight", binding::linear_backward_weight},
    {"conv2dForward", binding::conv2d_forward},
    {"conv2dBackwardInput", binding::conv2d_backward_input},
    {"conv2dBackwardWeight", binding::conv2d_backward_weight},
    {"conv3dForward", binding::conv3d_forward},
    {"conv3dBackwardInput", binding::conv3d_backward_input},
    {"conv3dBackwardWeight", binding::conv3d_backward_weight},
    {"maxPoolForward", binding::max_pool_forward},
    {"maxPoolBackward", binding::max_pool_backward},
    {"adaptiveMaxPoolForward", binding::adaptive_max_pool_forward},
    {"adaptiveMaxPoolBackward", binding::adaptive_max_pool_backward},
    {"avgPoolForward", binding::avg_pool_forward},
    {"avgPoolBackward", binding::avg_pool_backward},
    {"adaptiveAvgPoolForward", binding::adaptive_avg_pool_forward},
    {"adaptiveAvgPoolBackward", binding::adaptive_avg_pool_backward},
    {"maxUnpoolForward", binding::max_unpool_forward},
    {"maxUnpoolBackward", binding::max_unpool_backward},
    {"batchNormForward", binding::batch_norm_forward},
    {"batchNormBackward", binding::batch_norm_backward},
    {"batchNormEvalForward", binding::batch_norm_eval_forward},
    {"batchNormEvalBackward", binding::batch_norm_eval_backward},
    {"groupNormForward", binding::group_norm_forward},
    {"groupNormBackward", binding::group_norm_backward},
    {"layerNormForward", binding::layer_norm_forward},
    {"layerNormBackward", binding::layer_norm_backward},
    {"rmsNormForward", binding::rms_norm_forward},
    {"rmsNormBackward", binding::rms_norm_backward},
    {"localResponseNormForward", binding::local_response_norm_forward},
    {"localResponseNormBackward", binding::local_response_norm_backward},
    {"softmaxForward", binding::softmax_forward},
    {"softmaxBackward", binding::softmax_backward},
    {"logSoftmaxForward", binding::log_softmax_forward},
    {"logSoftmaxBackward", binding::log_softmax_backward},
    {"crossEntropyForward", binding::cross_entropy_forward},
    {"crossEntropyBackward", binding::cross_entropy_backward},
    {"softCrossEntropyForward", binding::soft_cross_entropy_forward},
    {"softCrossEntropyBackward", binding::soft_cross_entropy_backward},
    {"nllLossForward", binding::nll_loss_forward},
    {"nllLossBackward", binding::nll_loss_backward},
    {"pointwiseLossForward", binding::pointwise_loss_forward},
    {"pointwiseLossBackward", binding::pointwise_loss_backward},
    {"preluForward", binding::prelu_forward},
    {"preluBackward", binding::prelu_backward},
    {"sgdStep", binding::sgd_step},
    {"adamStep", binding::adam_step},
    {"rmspropStep", binding::rmsprop_step},
    {"adagradStep", binding::adagrad_step},
    {"emaStep", binding::ema_step},
    {"clipGradNorm", binding::clip_grad_norm},
    {"clipGradValue", binding::clip_grad_value},
    {"randomUniform", binding::random_uniform},
    {"randomNormal", binding::random_normal},
};
constexpr size_t kExportCount = sizeof kExports / sizeof kExports[0];

// One entry point for each function, so that a call needs no lookup and carries its environment in its data pointer.
template <size_t index>
napi_value entry(napi_env env, napi_callback_info info) {
  constexpr const Export& self = kExports[index];
  try {
    const FlushDenormals flush;
    Call call(env, info, self.name);
    self.function(call);
    return call.result();
  } catch (...) {
    void* environment = nullptr;
    napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &environment);
    napi_throw(env, error_value(env, *static_cast<Environment*>(environment), {self.name, std::current_exception()}));
    return nullptr;
  }
}

template <size_t... i>
void export_all(Napi::Env env, Napi::Object target, Environment* environment, std::index_sequence<i...>) {
  (target.Set(kExports[i].name,
              [&] {
                napi_value function;
                napi_create_function(env, kExports[i].name, NAPI_AUTO_LENGTH, entry<i>, environment, &function);
                return Napi::Value(env, function);
              }()),
   ...);
}

constexpr Isa kIsas[] = {Isa::avx512, Isa::avx2, Isa::scalar};

Isa isa_named(const std::string& name) {
  for (const Isa isa : kIsas) {
    if (name == isa_name(isa) && isa_supported(isa)) return isa;
  }
  throw ArgumentError{"instruction set " + name + " is not supported"};
}

// Environments live as long as their JavaScript environment: functions point to them.
struct Instance {
  std::vector<std::unique_ptr<Environment>> environments;
};

Napi::Value create_environment(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    const Fields options(env, info[0]);
    const Isa isa = isa_named(info[0].As<Napi::Object>().Get("isa").ToString().Utf8Value());
    const int threads = static_cast<int>(std::min<int64_t>(options.integer("threads", 1), kMaxThreads));
    const Guard guard = static_cast<Guard>(options.choice("guard", {"none", "before", "after"}));
    auto& environments = env.GetInstanceData<Instance>()->environments;
    environments.push_back(std::make_unique<Environment>(env, isa, threads, guard));
    Napi::Object target = Napi::Object::New(env);
    export_all(env, target, environments.back().get(), std::make_index_sequence<kExportCount>());
    return target;
  } catch (const ArgumentError& error) {
    throw Napi::RangeError::New(env, "createEnvironment: " + error.message);
  }
}

CpuRegisters registers_of(const Fields& fields) {
  return {static_cast<uint32_t>(fields.integer("leaves")), static_cast<uint32_t>(fields.integer("leaf1Ecx")),
          static_cast<uint32_t>(fields.integer("leaf7Ebx")), static_cast<uint64_t>(fields.integer("xcr0"))};
}

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array isas = Napi::Array::New(env);
  try {
    const CpuRegisters registers = info[0].IsUndefined() ? cpu_registers() : registers_of(Fields(env, info[0]));
    for (const Isa isa : kIsas) {
      if (isa_supported(isa, registers)) isas.Set(isas.Length(), isa_name(isa));
    }
  } catch (const ArgumentError& error) {
    throw Napi::RangeError::New(env, "cpu: " + error.message);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("isas", isas);
  result.Set("threads", available_threads());
  return result;
}

void set_threads_refused(const Napi::CallbackInfo& info) { refuse_threads(info[0].ToBoolean()); }

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Instance);
  exports.Set("createEnvironment", Napi::Function::New(env, create_environment, "createEnvironment"));
  exports.Set("version", STRIDED_VERSION);
  exports.Set("refuseThreads", Napi::Function::New(env, set_threads_refused, "refuseThreads"));
  exports.Set("cpu", Napi::Function::New(env, cpu, "cpu"));
  return exports;
}

}  // namespace

NODE_API_MODULE(strided, initialize)

}  // namespace strided
