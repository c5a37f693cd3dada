#include "call.h"

#include <cmath>
#include <cstring>

namespace strided {
namespace {

constexpr double kMaxInteger = 9007199254740992.0;  // 2^53

int64_t to_integer(double value, const char* name, int64_t least) {
  if (!(value >= static_cast<double>(least) && value <= kMaxInteger) || value != std::floor(value)) {
    throw ArgumentError{std::string(name) + " must be a whole number of at least " + std::to_string(least)};
  }
  return static_cast<int64_t>(value);
}

double to_number(napi_env env, napi_value value, const char* name) {
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok)
    throw ArgumentError{std::string(name) + " must be a number"};
  return result;
}

}  // namespace

int64_t product(std::initializer_list<int64_t> sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) {
    if (size == 0) return 0;
    if (result > INT64_MAX / size) {
      result = INT64_MAX;
    } else {
      result *= size;
    }
  }
  return result;
}

int choose(napi_env env, napi_value value, const char* what, std::initializer_list<const char*> names) {
  char text[24];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) == napi_ok) {
    int i = 0;
    for (const char* name : names) {
      if (std::strcmp(name, text) == 0) return i;
      i++;
    }
  }
  std::string message = std::string(what) + " must be one of";
  for (const char* name : names) message += std::string(" ") + name;
  throw ArgumentError{message};
}

napi_value Fields::get(const char* name) const {
  napi_value value;
  if (napi_get_named_property(env_, object_, name, &value) != napi_ok) {
    throw ArgumentError{std::string("the problem has no ") + name};
  }
  return value;
}

double Fields::number(const char* name) const { return to_number(env_, get(name), name); }

int64_t Fields::integer(const char* name, int64_t least) const { return to_integer(number(name), name, least); }

bool Fields::boolean(const char* name) const {
  bool result;
  if (napi_get_value_bool(env_, get(name), &result) != napi_ok) {
    throw ArgumentError{std::string(name) + " must be a boolean"};
  }
  return result;
}

int Fields::choice(const char* name, std::initializer_list<const char*> names) const {
  return choose(env_, get(name), name, names);
}

std::vector<int64_t> Fields::integers(const char* name, int64_t least) const {
  const napi_value array = get(name);
  uint32_t length;
  if (napi_get_array_length(env_, array, &length) != napi_ok) {
    throw ArgumentError{std::string(name) + " must be an array"};
  }
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env_, array, i, &element) != napi_ok)
      throw ArgumentError{std::string(name) + " is unreadable"};
    result[i] = to_integer(to_number(env_, element, name), name, least);
  }
  return result;
}

std::vector<Fields> Fields::list(const char* name) const {
  const napi_value array = get(name);
  uint32_t length;
  if (napi_get_array_length(env_, array, &length) != napi_ok) {
    throw ArgumentError{std::string(name) + " must be an array"};
  }
  std::vector<Fields> result;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env_, array, i, &element) != napi_ok)
      throw ArgumentError{std::string(name) + " is unreadable"};
    result.emplace_back(env_, element);
  }
  return result;
}

Call::Call(napi_env env, napi_callback_info info, const char* name) : env_(env), name_(name) {
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count_, arguments_, nullptr, &data) != napi_ok || count_ > kMaxArguments) {
    throw ArgumentError{"the arguments are unreadable"};
  }
  environment_ = static_cast<Environment*>(data);
}

napi_value Call::value() {
  if (next_ >= count_) throw ArgumentError{"argument " + std::to_string(next_ + 1) + " is missing"};
  return arguments_[next_++];
}

double Call::number() {
  double result;
  if (napi_get_value_double(env_, value(), &result) != napi_ok) {
    throw ArgumentError{"argument " + std::to_string(next_) + " must be a number"};
  }
  return result;
}

int64_t Call::integer() { return to_integer(number(), "the size", 0); }

int Call::choice(std::initializer_list<const char*> names) { return choose(env_, value(), "the operation", names); }

Fields Call::problem() {
  const napi_value object = value();
  napi_valuetype type;
  if (napi_typeof(env_, object, &type) != napi_ok || type != napi_object) {
    throw ArgumentError{"argument " + std::to_string(next_) + " must be a problem object"};
  }
  return Fields(env_, object);
}

bool Call::next_is_null() {
  if (next_ >= count_) return false;
  napi_valuetype type;
  if (napi_typeof(env_, arguments_[next_], &type) != napi_ok || type != napi_null) return false;
  next_++;
  return true;
}

void* Call::bytes(int64_t count, size_t item) {
  const napi_value reference = value();
  return decode(reference, count, item);
}

void* Call::decode(napi_value reference, int64_t count, size_t item) const {
  // Built only for a message: a call decodes several buffers and must not touch the heap for it.
  auto which = [this] { return "buffer in argument " + std::to_string(next_); };
  double packed;
  if (napi_get_value_double(env_, reference, &packed) != napi_ok || !(packed >= 0 && packed < kMaxInteger)) {
    throw ArgumentError{which() + " is not a buffer"};
  }
  const int64_t number = static_cast<int64_t>(packed);
  const uint32_t block = static_cast<uint32_t>(number % kBlockLimit);
  const int64_t offset = number / kBlockLimit;
  if (!environment_->is_live(block)) throw ArgumentError{which() + " was freed"};
  const int64_t held = static_cast<int64_t>(environment_->bytes(block));
  const int64_t size = static_cast<int64_t>(item);
  if (offset % size != 0) throw ArgumentError{which() + " is misaligned"};
  // Divided rather than multiplied: count may be anything.
  if (offset > held || count > (held - offset) / size) {
    throw ArgumentError{which() + " holds " + std::to_string(held - offset) + " bytes, " + std::to_string(count) +
                        " x " + std::to_string(size) + " are needed"};
  }
  environment_->touch(block);
  return environment_->data(block) + offset;
}

std::vector<float*> Call::float_list(const std::vector<int64_t>& counts) {
  const napi_value array = value();
  uint32_t length;
  if (napi_get_array_length(env_, array, &length) != napi_ok || length != counts.size()) {
    throw ArgumentError{"argument " + std::to_string(next_) + " must list " + std::to_string(counts.size()) +
                        " buffers"};
  }
  std::vector<float*> result(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env_, array, i, &element) != napi_ok) throw ArgumentError{"a list of buffers is unreadable"};
    result[i] = static_cast<float*>(decode(element, counts[i], sizeof(float)));
  }
  return result;
}

Record::Record(napi_env env) : env_(env) { napi_create_object(env, &object_); }

void Record::set(const char* name, double number) {
  napi_value value;
  napi_create_double(env_, number, &value);
  set_value(name, value);
}

void Record::set(const char* name, const std::string& words) {
  napi_value value;
  napi_create_string_utf8(env_, words.data(), words.size(), &value);
  set_value(name, value);
}

void Call::returns(double value) { napi_create_double(env_, value, &result_); }

}  // namespace strided
