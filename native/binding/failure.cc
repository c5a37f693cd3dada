#include "failure.h"

#include <algorithm>
#include <cstdio>
#include <new>

#include "../mpi/mpi.h"
#include "call.h"

namespace strided {
namespace {

constexpr size_t kHoldersNamed = 3;

using Create = napi_status (*)(napi_env, napi_value, napi_value, napi_value*);

napi_value make(napi_env env, Create create, const char* code, const std::string& message) {
  napi_value code_value = nullptr;
  napi_value text = nullptr;
  napi_value result = nullptr;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value);
  napi_create_string_utf8(env, message.data(), message.size(), &text);
  create(env, code_value, text, &result);
  return result;
}

// As people say it: 512 bytes, 96.0 MB, 4.3 GB.
std::string size_text(size_t bytes) {
  const double value = static_cast<double>(bytes);
  char text[32];
  if (value < 1e6) {
    std::snprintf(text, sizeof text, "%zu bytes", bytes);
  } else if (value < 1e9) {
    std::snprintf(text, sizeof text, "%.1f MB", value / 1e6);
  } else {
    std::snprintf(text, sizeof text, "%.1f GB", value / 1e9);
  }
  return text;
}

// What a storage says of itself.
std::string description(napi_env env, napi_ref reference) {
  napi_value owner = nullptr;
  if (reference == nullptr || napi_get_reference_value(env, reference, &owner) != napi_ok || owner == nullptr)
    return "";
  napi_value property;
  char text[128];
  size_t length = 0;
  if (napi_get_named_property(env, owner, "description", &property) != napi_ok ||
      napi_get_value_string_utf8(env, property, text, sizeof text, &length) != napi_ok) {
    return "";
  }
  return std::string(text, length) + " of ";
}

}  // namespace

napi_value error_value(napi_env env, const Environment& environment, const Failure& failure) {
  const std::string prefix = std::string(failure.name) + ": ";
  try {
    std::rethrow_exception(failure.error);
  } catch (const QueuedFailure& queued) {
    return error_value(env, environment, queued.failure);
  } catch (const ArgumentError& error) {
    return make(env, napi_create_range_error, "ERR_ARGUMENT", prefix + error.message);
  } catch (const MpiError& error) {
    return make(env, napi_create_error, "ERR_MPI", error.message);
  } catch (const OutOfMemory& error) {
    return make(env, napi_create_error, "ERR_OUT_OF_MEMORY", prefix + environment.out_of_memory(error.bytes));
  } catch (const std::bad_alloc&) {
    return make(env, napi_create_error, "ERR_OUT_OF_MEMORY", prefix + "out of memory");
  } catch (const std::exception& error) {
    return make(env, napi_create_error, "ERR_INTERNAL", prefix + error.what());
  }
}

std::string Environment::out_of_memory(size_t bytes) const {
  std::vector<const Block*> held;
  for (const Block& block : blocks_) {
    if (block.data != nullptr) held.push_back(&block);
  }
  const size_t named = std::min(kHoldersNamed, held.size());
  std::partial_sort(held.begin(), held.begin() + static_cast<ptrdiff_t>(named), held.end(),
                    [](const Block* a, const Block* b) { return a->bytes > b->bytes; });
  std::string message = "out of memory: " + size_text(bytes) + " asked for, " + size_text(pool_.live_bytes()) +
                        " live in " + std::to_string(held.size()) + " storages";
  napi_handle_scope scope;
  if (named == 0 || napi_open_handle_scope(env_, &scope) != napi_ok) return message;
  for (size_t i = 0; i < named; i++) {
    message += (i == 0 ? "; largest: " : ", ") + description(env_, held[i]->owner) + size_text(held[i]->bytes);
  }
  napi_close_handle_scope(env_, scope);
  return message;
}

}  // namespace strided
