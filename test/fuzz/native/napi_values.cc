// The part of the Node-API that reads and makes values.
#include <algorithm>
#include <cstring>

#include "values.h"

using fuzz::Kind;
using fuzz::Runtime;
using fuzz::Value;

namespace {

// The value that the addon looks at, made what it takes it for.
Value* look(napi_env env, napi_value value, Kind wanted) {
  Runtime& runtime = Runtime::of(env);
  runtime.last = fuzz::of(value);
  return value != nullptr && runtime.decide(runtime.last, wanted) ? runtime.last : nullptr;
}

napi_status give(napi_env env, Kind kind, napi_value* result) {
  *result = fuzz::handle(Runtime::of(env).create(kind));
  return napi_ok;
}

std::string text_of(const char* text, size_t length) {
  return length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length);
}

}  // namespace

extern "C" {

napi_status napi_get_undefined(napi_env env, napi_value* result) { return give(env, Kind::undefined, result); }
napi_status napi_create_object(napi_env env, napi_value* result) { return give(env, Kind::object, result); }
napi_status napi_create_array(napi_env env, napi_value* result) { return give(env, Kind::array, result); }

napi_status napi_create_double(napi_env env, double number, napi_value* result) {
  give(env, Kind::number, result);
  fuzz::of(*result)->number = number;
  return napi_ok;
}

napi_status napi_create_int32(napi_env env, int32_t number, napi_value* result) {
  return napi_create_double(env, number, result);
}

napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  give(env, Kind::text, result);
  fuzz::of(*result)->text = text_of(text, length);
  return napi_ok;
}

napi_status napi_create_function(napi_env env, const char*, size_t, napi_callback function, void* data,
                                 napi_value* result) {
  give(env, Kind::function, result);
  fuzz::of(*result)->function = function;
  fuzz::of(*result)->data = data;
  return napi_ok;
}

// Whether an argument is a problem, a buffer or no buffer is only known when it is refused.
napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype* result) {
  Runtime& runtime = Runtime::of(env);
  runtime.last = fuzz::of(value);
  if (runtime.last->kind == Kind::undecided) {
    runtime.decide(runtime.last, runtime.bytes.next() % 4 == 3 ? Kind::null : Kind::number);
  }
  switch (runtime.last->kind) {
    case Kind::undecided:
    case Kind::undefined:
      *result = napi_undefined;
      break;
    case Kind::null:
      *result = napi_null;
      break;
    case Kind::boolean:
      *result = napi_boolean;
      break;
    case Kind::number:
      *result = napi_number;
      break;
    case Kind::text:
      *result = napi_string;
      break;
    case Kind::function:
      *result = napi_function;
      break;
    default:
      *result = napi_object;
  }
  return napi_ok;
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  const Value* found = look(env, value, Kind::number);
  if (found == nullptr) return napi_number_expected;
  *result = found->number;
  return napi_ok;
}

napi_status napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  const Value* found = look(env, value, Kind::boolean);
  if (found == nullptr) return napi_boolean_expected;
  *result = found->flag;
  return napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char* text, size_t size, size_t* length) {
  const Value* found = look(env, value, Kind::text);
  if (found == nullptr) return napi_string_expected;
  if (text == nullptr) {
    *length = found->text.size();
    return napi_ok;
  }
  if (size == 0) return napi_ok;
  const size_t count = std::min(size - 1, found->text.size());
  std::memcpy(text, found->text.data(), count);
  text[count] = '\0';
  if (length != nullptr) *length = count;
  return napi_ok;
}

napi_status napi_coerce_to_string(napi_env env, napi_value value, napi_value* result) {
  *result = value;
  return look(env, value, Kind::text) == nullptr ? napi_string_expected : napi_ok;
}

napi_status napi_coerce_to_bool(napi_env env, napi_value value, napi_value* result) {
  *result = value;
  return look(env, value, Kind::boolean) == nullptr ? napi_boolean_expected : napi_ok;
}

napi_status napi_get_array_length(napi_env env, napi_value value, uint32_t* result) {
  const Value* found = look(env, value, Kind::array);
  if (found == nullptr) return napi_array_expected;
  *result = static_cast<uint32_t>(found->elements.size());
  return napi_ok;
}

napi_status napi_get_element(napi_env env, napi_value value, uint32_t index, napi_value* result) {
  const Value* found = look(env, value, Kind::array);
  if (found == nullptr) return napi_object_expected;
  if (index >= found->elements.size()) return napi_get_undefined(env, result);
  *result = fuzz::handle(found->elements[index]);
  return napi_ok;
}

napi_status napi_set_element(napi_env env, napi_value value, uint32_t index, napi_value element) {
  Value* found = look(env, value, Kind::array);
  if (found == nullptr) return napi_array_expected;
  if (index >= found->elements.size()) found->elements.resize(index + 1, Runtime::of(env).create(Kind::undefined));
  found->elements[index] = fuzz::of(element);
  return napi_ok;
}

napi_status napi_get_named_property(napi_env env, napi_value object, const char* name, napi_value* result) {
  Value* found = look(env, object, Kind::object);
  if (found == nullptr) return napi_object_expected;
  Value*& member = found->members[name];
  if (member == nullptr) member = Runtime::of(env).create(Kind::undecided);
  *result = fuzz::handle(member);
  return napi_ok;
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  Value* found = look(env, object, Kind::object);
  if (found == nullptr) return napi_object_expected;
  found->members[name] = fuzz::of(value);
  return napi_ok;
}

napi_status napi_get_property(napi_env env, napi_value object, napi_value key, napi_value* result) {
  return napi_get_named_property(env, object, fuzz::of(key)->text.c_str(), result);
}

napi_status napi_has_property(napi_env env, napi_value object, napi_value key, bool* result) {
  const Value* found = look(env, object, Kind::object);
  *result = found != nullptr && found->members.count(fuzz::of(key)->text) > 0;
  return napi_ok;
}

// Only for what is thrown and is no object, which the addon never throws.
napi_status napi_define_properties(napi_env, napi_value, size_t, const napi_property_descriptor*) {
  return napi_generic_failure;
}

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value*, size_t*) {
  Value* found = look(env, value, Kind::typed_array);
  if (found == nullptr) return napi_invalid_arg;
  *type = napi_float32_array;
  *length = found->bytes.size() / sizeof(float);
  *data = found->bytes.data();
  return napi_ok;
}

}  // extern "C"
