// JavaScript values for a program without JavaScript: what stands behind the Node-API while the addon is fuzzed.
//
// A value need not be decided when a call begins. It becomes a number, a string, an object or a list when the addon
// asks it to be one, and what it then says comes from the fuzzer's bytes; it says the same again when the call is
// repeated.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace fuzz {

enum class Kind { undecided, undefined, null, boolean, number, text, object, array, typed_array, function, error };

struct Value {
  Kind kind = Kind::undecided;
  double number = 0;
  bool flag = false;
  // A string, or the message of an error.
  std::string text;
  std::string code;
  std::map<std::string, Value*> members;
  std::vector<Value*> elements;
  std::vector<char> bytes;
  napi_callback function = nullptr;
  void* data = nullptr;
};

// The fuzzer's bytes, taken from the front; zeros when they are used up.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  uint8_t next() {
    if (left_ == 0) return 0;
    left_--;
    return *data_++;
  }
  bool empty() const { return left_ == 0; }
  uint32_t below(uint32_t limit) { return limit < 2 ? 0 : (limit > 256 ? next() * 256u + next() : next()) % limit; }

 private:
  const uint8_t* data_;
  size_t left_;
};

// One environment of Node: its values live as long as it.
class Runtime {
 public:
  Runtime(const uint8_t* data, size_t size) : bytes(data, size) {}
  ~Runtime();

  static Runtime& of(napi_env env) { return *reinterpret_cast<Runtime*>(env); }
  napi_env env() { return reinterpret_cast<napi_env>(this); }

  Value* create(Kind kind);
  // Makes the value what the addon takes it for; seldom something else. False if it is something else.
  bool decide(Value* value, Kind wanted);
  double choose_number();
  // Calls a function of the addon; what it throws is in `pending` afterwards.
  Value* call(Value* function, const std::vector<Value*>& arguments);
  // Before a call: how large the product of its numbers may become.
  void begin(double product) {
    product_left_ = product;
    rank = -1;
  }

  // What is called at the end, the last first.
  void at_end(napi_finalize finalize, void* data, void* hint) { ends_.push_back({finalize, data, hint}); }

  Bytes bytes;
  Value* pending = nullptr;
  // What the addon looked at last: where a refusal comes from.
  Value* last = nullptr;
  // How long the lists of one call are.
  int rank = -1;
  void* instance = nullptr;

 private:
  struct End {
    napi_finalize finalize;
    void* data;
    void* hint;
  };

  std::vector<End> ends_;
  std::deque<Value> values_;
  double product_left_ = 0;
};

inline Value* of(napi_value value) { return reinterpret_cast<Value*>(value); }
inline napi_value handle(Value* value) { return reinterpret_cast<napi_value>(value); }

}  // namespace fuzz

// What a callback was called with.
struct napi_callback_info__ {
  const std::vector<fuzz::Value*>& arguments;
  fuzz::Value* function;
};
