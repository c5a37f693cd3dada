// One call from JavaScript: its arguments in order, each checked as it is taken.
#pragma once

#include <napi.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "environment.h"

namespace strided {

// Refuses the call: thrown as a JavaScript RangeError, prefixed by the function's name.
struct ArgumentError {
  std::string message;
};

// The product of sizes, or INT64_MAX where it would overflow: more than any block holds.
int64_t product(std::initializer_list<int64_t> sizes);

// A problem object: fields by name.
class Fields {
 public:
  Fields(napi_env env, napi_value object) : env_(env), object_(object) {}

  double number(const char* name) const;
  // A whole number from `least` to 2^53.
  int64_t integer(const char* name, int64_t least = 0) const;
  bool boolean(const char* name) const;
  // The position of a string in `names`.
  int choice(const char* name, std::initializer_list<const char*> names) const;
  std::vector<int64_t> integers(const char* name, int64_t least = 0) const;
  // A list of objects.
  std::vector<Fields> list(const char* name) const;

 private:
  napi_value get(const char* name) const;

  napi_env env_;
  napi_value object_;
};

// An object for JavaScript, made field by field.
class Record {
 public:
  explicit Record(napi_env env);

  void set(const char* name, double number);
  void set(const char* name, const std::string& words);
  napi_value object() const { return object_; }

 private:
  void set_value(const char* name, napi_value value) { napi_set_named_property(env_, object_, name, value); }

  napi_env env_;
  napi_value object_;
};

// A call of a function of ops/ that waits in the queue, with its arguments.
template <typename Function, typename... Arguments>
class QueuedCall : public Command {
 public:
  QueuedCall(const char* name, const Context& context, Function function, Arguments... arguments)
      : Command(name, false), context_(context), function_(std::move(function)), arguments_(std::move(arguments)...) {}

  void run() override {
    std::apply([this](const Arguments&... arguments) { function_(context_, arguments...); }, arguments_);
  }

 private:
  const Context context_;
  Function function_;
  std::tuple<Arguments...> arguments_;
};

class Call {
 public:
  Call(napi_env env, napi_callback_info info, const char* name);

  Environment& environment() const { return *environment_; }
  // For a function that must be called at once, behind everything that is queued; others go through `run`.
  const Context& context() const {
    environment_->settle();
    return environment_->context;
  }
  napi_env env() const { return env_; }

  double number();
  int64_t integer();
  int choice(std::initializer_list<const char*> names);
  Fields problem();
  napi_value value();

  // A buffer that holds at least `count` elements.
  template <typename T>
  T* buffer(int64_t count) {
    return static_cast<T*>(bytes(count, sizeof(T)));
  }
  float* floats(int64_t count) { return buffer<float>(count); }
  // The same, or nullptr where JavaScript passes null.
  template <typename T>
  T* optional_buffer(int64_t count) {
    return next_is_null() ? nullptr : buffer<T>(count);
  }
  float* optional_floats(int64_t count) { return optional_buffer<float>(count); }
  // A list of buffers, one for each of `counts`.
  std::vector<float*> float_list(const std::vector<int64_t>& counts);

  // Calls `function(context, arguments...)`, now or, while calls are queued, when it is its turn. It may throw.
  template <typename Function, typename... Arguments>
  void run(Function function, Arguments... arguments) {
    if (!environment_->queueing()) {
      function(context(), arguments...);
      return;
    }
    environment_->push(std::make_unique<QueuedCall<Function, Arguments...>>(
        name_, environment_->queued_context(), std::move(function), std::move(arguments)...));
  }
  void returns(double value);
  void returns(napi_value value) { result_ = value; }
  napi_value result() const { return result_; }

 private:
  bool next_is_null();
  void* bytes(int64_t count, size_t item);
  void* decode(napi_value reference, int64_t count, size_t item) const;

  static constexpr size_t kMaxArguments = 12;

  napi_env env_;
  const char* name_;
  Environment* environment_;
  size_t count_ = kMaxArguments;
  size_t next_ = 0;
  napi_value arguments_[kMaxArguments];
  napi_value result_ = nullptr;
};

int choose(napi_env env, napi_value value, const char* what, std::initializer_list<const char*> names);

}  // namespace strided
