// Calls functions of the addon with arguments that the fuzzer chooses: each call must succeed or be refused with an
// error of its own. AddressSanitizer sees what is read and written outside of the blocks, which are as long as the call
// asks.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "repair.h"

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports);

namespace fuzz {
namespace {

constexpr int kCalls = 4;
constexpr size_t kArguments = 12;
// So often a refused call is changed to what its refusal asks for.
constexpr int kRepairs = 48;
// The product of a call's numbers, which bounds its arithmetic.
constexpr double kMostWork = 1 << 20;

// Not decoding of arguments: starting other processes' library, threads, and blocks as large as the system grants.
bool is_excluded(const std::string& name) {
  return name.rfind("mpi", 0) == 0 || name == "setNumThreads" || name == "allocate";
}

class Session {
 public:
  explicit Session(Runtime& runtime) : runtime_(runtime) {
    Value* exports = runtime.create(Kind::object);
    napi_register_module_v1(runtime.env(), handle(exports));
    Value* options = runtime.create(Kind::object);
    static constexpr const char* kIsas[] = {"scalar", "avx2", "avx512"};
    options->members["isa"] = text(kIsas[runtime.bytes.next() % 3]);
    options->members["threads"] = number(1);
    options->members["guard"] = text("none");
    environment_ = runtime.call(exports->members.at("createEnvironment"), {options});
    // An instruction set that this machine lacks.
    if (runtime.pending != nullptr) environment_ = nullptr;
  }

  void run() {
    if (environment_ == nullptr) return;
    std::vector<std::string> names;
    for (const auto& [name, function] : environment_->members) {
      if (!is_excluded(name)) names.push_back(name);
    }
    allocate(0);
    for (int i = 0; i < kCalls && !runtime_.bytes.empty(); i++) {
      attempt(names[runtime_.bytes.next() % names.size()]);
    }
  }

 private:
  Value* text(const char* words) {
    Value* value = runtime_.create(Kind::text);
    value->text = words;
    return value;
  }

  Value* number(double n) {
    Value* value = runtime_.create(Kind::number);
    value->number = n;
    return value;
  }

  // Calls it until it is accepted, or refused in a way that nothing helps against.
  void attempt(const std::string& name) {
    std::vector<Value*> arguments;
    const size_t count = runtime_.bytes.below(64) == 63 ? runtime_.bytes.below(kArguments + 2) : kArguments;
    for (size_t i = 0; i < count; i++) arguments.push_back(runtime_.create(Kind::undecided));
    runtime_.begin(kMostWork);
    for (int i = 0; i < kRepairs; i++) {
      runtime_.call(environment_->members.at(name), arguments);
      if (runtime_.pending == nullptr) return;
      const Value* refusal = runtime_.pending;
      check(name, *refusal);
      if (runtime_.bytes.below(256) == 255) return;
      if (!repair(runtime_, refusal->text, [this](size_t bytes) { return allocate(bytes); })) return;
    }
  }

  // An error of the house: a code, and words that begin with the function's name.
  static void check(const std::string& name, const Value& error) {
    const bool known = error.code == "ERR_ARGUMENT" || error.code == "ERR_OUT_OF_MEMORY";
    if (error.kind == Kind::error && known && error.text.rfind(name + ": ", 0) == 0) return;
    std::fprintf(stderr, "%s was refused with %s: %s\n", name.c_str(), error.code.c_str(), error.text.c_str());
    std::abort();
  }

  // A block with contents, or -1 where memory is made to run out.
  double allocate(size_t bytes) {
    // Blocks of no bytes on both sides: all of their memory is out of bounds, so that no block ends where another
    // begins.
    block_of(0);
    const double block = block_of(bytes);
    if (block < 0 || block_of(0) < 0) return -1;
    Value* contents = runtime_.create(Kind::typed_array);
    contents->bytes.resize(bytes / 4 * 4);
    fill(contents->bytes);
    runtime_.call(environment_->members.at("write"), {number(block), number(0), contents});
    if (runtime_.pending != nullptr) std::abort();
    return block;
  }

  double block_of(size_t bytes) {
    Value* owner = runtime_.create(Kind::object);
    owner->members["description"] = text("a block");
    const Value* block = runtime_.call(environment_->members.at("allocate"), {number(double(bytes)), owner});
    return runtime_.pending == nullptr ? block->number : -1;
  }

  void fill(std::vector<char>& bytes) {
    if (bytes.empty()) return;
    const uint32_t style = runtime_.bytes.next();
    uint32_t state = style * 2654435761u + 1;
    for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      state = state * 1664525u + 1013904223u;
      const int32_t small = static_cast<int32_t>(state >> 16) % 5;
      const float real = static_cast<float>(small - 2) * 0.75f;
      const void* word = style % 4 == 0 ? static_cast<const void*>(&state) : &real;
      // Indices and targets are small whole numbers, seldom outside.
      const int32_t index = small == 4 ? static_cast<int32_t>(style) - 128 : small;
      if (style % 4 == 1) word = &index;
      std::memcpy(bytes.data() + i, word, 4);
    }
  }

  Runtime& runtime_;
  Value* environment_ = nullptr;
};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Runtime runtime(data, size);
  fuzz::Session(runtime).run();
  return 0;
}
