#include <cstring>

#include "ops.h"

namespace strided::binding {
namespace {

struct Bytes {
  char* data;
  size_t size;
};

// The memory behind a typed array that JavaScript passes.
Bytes typed_array(napi_env env, napi_value value) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) {
    throw ArgumentError{"expected a typed array"};
  }
  size_t item = 1;
  switch (type) {
    case napi_float32_array:
    case napi_int32_array:
    case napi_uint32_array:
      item = 4;
      break;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      item = 8;
      break;
    case napi_int16_array:
    case napi_uint16_array:
      item = 2;
      break;
    default:
      break;
  }
  return {static_cast<char*>(data), length * item};
}

// Block, byte offset, typed array: the block's side of a transfer of the array's length.
char* block_side(Call& call, Bytes* array) {
  const int64_t block = call.integer();
  const int64_t offset = call.integer();
  *array = typed_array(call.env(), call.value());
  Environment& environment = call.environment();
  if (block >= kBlockLimit || !environment.is_live(static_cast<uint32_t>(block))) {
    throw ArgumentError{"block " + std::to_string(block) + " was freed"};
  }
  const int64_t held = static_cast<int64_t>(environment.bytes(static_cast<uint32_t>(block)));
  if (offset > held || static_cast<int64_t>(array->size) > held - offset) {
    throw ArgumentError{"a transfer of " + std::to_string(array->size) + " bytes at " + std::to_string(offset) +
                        " leaves the block of " + std::to_string(held)};
  }
  return environment.data(static_cast<uint32_t>(block)) + offset;
}

void set(napi_env env, napi_value object, const char* name, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

}  // namespace

void allocate(Call& call) {
  const int64_t bytes = call.integer();
  if (bytes > kOffsetLimit)
    throw ArgumentError{"a tensor of " + std::to_string(bytes) + " bytes is over the limit of 8 GB"};
  call.returns(call.environment().allocate(static_cast<size_t>(bytes), call.value()));
}

void free(Call& call) {
  const int64_t block = call.integer();
  if (block >= kBlockLimit || !call.environment().is_live(static_cast<uint32_t>(block))) {
    throw ArgumentError{"block " + std::to_string(block) + " was freed already"};
  }
  call.environment().free(static_cast<uint32_t>(block));
}

void read(Call& call) {
  Bytes array;
  const char* from = block_side(call, &array);
  if (array.size > 0) std::memcpy(array.data, from, array.size);
}

void write(Call& call) {
  Bytes array;
  char* to = block_side(call, &array);
  if (array.size > 0) std::memcpy(to, array.data, array.size);
}

void memory(Call& call) {
  napi_value report;
  napi_create_object(call.env(), &report);
  const Environment& environment = call.environment();
  set(call.env(), report, "live", static_cast<double>(environment.pool().live_bytes()));
  set(call.env(), report, "pooled", static_cast<double>(environment.pool().pooled_bytes()));
  set(call.env(), report, "peak", static_cast<double>(environment.pool().peak_bytes()));
  set(call.env(), report, "storages", static_cast<double>(environment.storages()));
  call.returns(report);
}

void set_num_threads(Call& call) {
  const int64_t threads = call.integer();
  if (threads < 1 || threads > kMaxThreads) {
    throw ArgumentError{"expected 1 to " + std::to_string(kMaxThreads) + " threads, got " + std::to_string(threads)};
  }
  call.environment().context.threads = static_cast<int>(threads);
}

void set_conv_precision(Call& call) {
  call.environment().context.conv_precision = static_cast<ConvPrecision>(call.choice({"fast", "medium", "strict"}));
}

void get_num_threads(Call& call) { call.returns(call.context().threads); }

}  // namespace strided::binding
