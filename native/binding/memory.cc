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

// Block, byte offset, typed array: a transfer of the array's length.
struct Transfer {
  Bytes array;
  uint32_t block;
  char* block_side;
};

Transfer read_transfer(Call& call) {
  const int64_t block = call.integer();
  const int64_t offset = call.integer();
  const Bytes array = typed_array(call.env(), call.value());
  Environment& environment = call.environment();
  if (block >= kBlockLimit || !environment.is_live(static_cast<uint32_t>(block))) {
    throw ArgumentError{"block " + std::to_string(block) + " was freed"};
  }
  const uint32_t index = static_cast<uint32_t>(block);
  const int64_t held = static_cast<int64_t>(environment.bytes(index));
  if (offset > held || static_cast<int64_t>(array.size) > held - offset) {
    throw ArgumentError{"a transfer of " + std::to_string(array.size) + " bytes at " + std::to_string(offset) +
                        " leaves the block of " + std::to_string(held)};
  }
  return {array, index, environment.data(index) + offset};
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
  const Transfer transfer = read_transfer(call);
  call.environment().wait_for(transfer.block);
  if (transfer.array.size > 0) std::memcpy(transfer.array.data, transfer.block_side, transfer.array.size);
}

void write(Call& call) {
  const Transfer transfer = read_transfer(call);
  if (transfer.array.size == 0) return;
  if (call.environment().is_pending(transfer.block)) {
    call.environment().push_write(transfer.block, transfer.block_side, transfer.array.data, transfer.array.size);
  } else {
    std::memcpy(transfer.block_side, transfer.array.data, transfer.array.size);
  }
}

void memory(Call& call) {
  Record report(call.env());
  const Environment& environment = call.environment();
  // Scratch memory of queued calls has a pool of its own; the two peaks need not have come together.
  auto both = [&](size_t (MemoryPool::*bytes)() const) {
    return static_cast<double>((environment.pool().*bytes)() + (environment.workspaces().*bytes)());
  };
  report.set("live", both(&MemoryPool::live_bytes));
  report.set("pooled", both(&MemoryPool::pooled_bytes));
  report.set("peak", both(&MemoryPool::peak_bytes));
  report.set("storages", static_cast<double>(environment.storages()));
  call.returns(report.object());
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

void begin_queue(Call& call) { call.environment().begin_queue(); }
void end_queue(Call& call) { call.returns(call.environment().end_queue()); }

void fail_allocations(Call& call) { call.environment().fail_allocations_from(call.integer()); }

void get_num_threads(Call& call) { call.returns(call.environment().context.threads); }

}  // namespace strided::binding
