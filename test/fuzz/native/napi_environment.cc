// The part of the Node-API that is about calls, errors, references and the life of an environment. There is one thread,
// and threads that would call back are refused, as Node refuses them while an environment ends.
#include <algorithm>

#include "values.h"

using fuzz::Kind;
using fuzz::Runtime;
using fuzz::Value;

namespace {

napi_status error_of(napi_env env, napi_value code, napi_value message, napi_value* result) {
  Value* error = Runtime::of(env).create(Kind::error);
  if (code != nullptr) error->code = fuzz::of(code)->text;
  error->text = fuzz::of(message)->text;
  *result = fuzz::handle(error);
  return napi_ok;
}

}  // namespace

extern "C" {

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments,
                             napi_value* self, void** data) {
  if (count != nullptr) {
    for (size_t i = 0; arguments != nullptr && i < *count; i++) {
      const bool given = i < info->arguments.size();
      arguments[i] = fuzz::handle(given ? info->arguments[i] : Runtime::of(env).create(Kind::undefined));
    }
    *count = info->arguments.size();
  }
  if (self != nullptr) napi_get_undefined(env, self);
  if (data != nullptr) *data = info->function->data;
  return napi_ok;
}

napi_status napi_throw(napi_env env, napi_value error) {
  Runtime::of(env).pending = fuzz::of(error);
  return napi_ok;
}

napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return error_of(env, code, message, result);
}

napi_status napi_create_range_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return error_of(env, code, message, result);
}

napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return error_of(env, code, message, result);
}

napi_status napi_is_exception_pending(napi_env env, bool* result) {
  *result = Runtime::of(env).pending != nullptr;
  return napi_ok;
}

napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  *result = fuzz::handle(Runtime::of(env).pending);
  Runtime::of(env).pending = nullptr;
  return napi_ok;
}

napi_status napi_get_last_error_info(node_api_basic_env, const napi_extended_error_info** result) {
  static const napi_extended_error_info info{"a value of another kind", nullptr, 0, napi_invalid_arg};
  *result = &info;
  return napi_ok;
}

void napi_fatal_error(const char*, size_t, const char*, size_t) { __builtin_trap(); }

// Values live as long as their environment: nothing is ever collected.
napi_status napi_create_reference(napi_env, napi_value value, uint32_t, napi_ref* result) {
  *result = reinterpret_cast<napi_ref>(value);
  return napi_ok;
}

napi_status napi_delete_reference(node_api_basic_env, napi_ref) { return napi_ok; }

napi_status napi_get_reference_value(napi_env, napi_ref reference, napi_value* result) {
  *result = reinterpret_cast<napi_value>(reference);
  return napi_ok;
}

napi_status napi_open_handle_scope(napi_env, napi_handle_scope* result) {
  *result = nullptr;
  return napi_ok;
}

napi_status napi_close_handle_scope(napi_env, napi_handle_scope) { return napi_ok; }

napi_status napi_open_escapable_handle_scope(napi_env, napi_escapable_handle_scope* result) {
  *result = nullptr;
  return napi_ok;
}

napi_status napi_close_escapable_handle_scope(napi_env, napi_escapable_handle_scope) { return napi_ok; }

napi_status napi_escape_handle(napi_env, napi_escapable_handle_scope, napi_value value, napi_value* result) {
  *result = value;
  return napi_ok;
}

napi_status napi_add_finalizer(napi_env env, napi_value, void* data, node_api_basic_finalize finalize, void* hint,
                               napi_ref*) {
  Runtime::of(env).at_end(reinterpret_cast<napi_finalize>(finalize), data, hint);
  return napi_ok;
}

napi_status napi_adjust_external_memory(node_api_basic_env, int64_t, int64_t* result) {
  *result = 0;
  return napi_ok;
}

napi_status napi_set_instance_data(node_api_basic_env env, void* data, napi_finalize finalize, void* hint) {
  Runtime& runtime = Runtime::of(const_cast<napi_env>(env));
  runtime.instance = data;
  if (finalize != nullptr) runtime.at_end(finalize, data, hint);
  return napi_ok;
}

napi_status napi_get_instance_data(node_api_basic_env env, void** data) {
  *data = Runtime::of(const_cast<napi_env>(env)).instance;
  return napi_ok;
}

napi_status napi_create_promise(napi_env env, napi_deferred* deferred, napi_value* promise) {
  *promise = fuzz::handle(Runtime::of(env).create(Kind::object));
  *deferred = nullptr;
  return napi_ok;
}

napi_status napi_resolve_deferred(napi_env, napi_deferred, napi_value) { return napi_ok; }
napi_status napi_reject_deferred(napi_env, napi_deferred, napi_value) { return napi_ok; }

napi_status napi_create_threadsafe_function(napi_env, napi_value, napi_value, napi_value, size_t, size_t, void*,
                                            napi_finalize, void*, napi_threadsafe_function_call_js,
                                            napi_threadsafe_function*) {
  return napi_generic_failure;
}

napi_status napi_call_threadsafe_function(napi_threadsafe_function, void*, napi_threadsafe_function_call_mode) {
  return napi_closing;
}

napi_status napi_ref_threadsafe_function(node_api_basic_env, napi_threadsafe_function) { return napi_ok; }
napi_status napi_unref_threadsafe_function(node_api_basic_env, napi_threadsafe_function) { return napi_ok; }
napi_status napi_add_env_cleanup_hook(node_api_basic_env, napi_cleanup_hook, void*) { return napi_ok; }
napi_status napi_remove_env_cleanup_hook(node_api_basic_env, napi_cleanup_hook, void*) { return napi_ok; }

// What the addon never calls, but headers that are not optimized refer to.
napi_status napi_call_function(napi_env, napi_value, napi_value, size_t, const napi_value*, napi_value*) {
  return napi_generic_failure;
}
napi_status napi_close_callback_scope(napi_env, napi_callback_scope) { return napi_generic_failure; }
napi_status napi_async_destroy(napi_env, napi_async_context) { return napi_generic_failure; }
napi_status napi_delete_async_work(napi_env, napi_async_work) { return napi_generic_failure; }

}  // extern "C"
