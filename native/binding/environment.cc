#include "environment.h"

#include <algorithm>
#include <new>

#include "../runtime/poison.h"
#include "call.h"

namespace strided {
namespace {

// Below this nothing is reclaimed by force: a collection costs milliseconds, and small programs never need one.
constexpr size_t kLeastBytes = size_t{32} << 20;
// The same for the number of storages: each costs the engine a weak handle that every collection visits.
constexpr size_t kLeastStorages = size_t{1} << 14;
// What is pooled but unused may be one and a half times what was ever in use at once, and this much in any case: blocks
// of many sizes never fit all at the same time, and giving them back within a step would cost page faults in the next.
constexpr size_t kLeastPooled = size_t{32} << 20;
// V8 learns of changes in steps: each report is a call into the engine.
constexpr int64_t kReportStep = 1 << 20;
// More external memory than any heap limit: V8 answers such a report with a full collection at once.
constexpr int64_t kPressure = int64_t{1} << 46;

}  // namespace

Environment::Environment(napi_env env, Isa isa, int threads, Guard guard)
    : env_(env),
      guard_(guard),
      pool_(guard),
      workspaces_(guard),
      byte_budget_(kLeastBytes),
      storage_budget_(kLeastStorages) {
  context.kernels = &kernel_table(isa);
  context.memory = &pool_;
  context.threads = threads;
}

Environment::~Environment() {
  if (notifier_ != nullptr) {
    napi_remove_env_cleanup_hook(env_, stop_queue, this);
    queue_.stop();
  }
  // References die with the environment; only the memory is ours.
  for (Block& block : blocks_) {
    if (block.data != nullptr) pool_.release(block.data, block.bytes);
  }
}

uint32_t Environment::allocate(size_t bytes, napi_value owner) {
  if (over_budget(bytes, 1)) reclaim(bytes);
  void* data = pool_.allocate(bytes);
  if (data == nullptr) {
    force_collection();
    sweep();
    // Memory that queued calls use must not go back to the system.
    settle();
    data = pool_.allocate_or_trim(bytes);
    if (data == nullptr) throw OutOfMemory(bytes);
  }
  uint32_t index = first_free_;
  if (index == UINT32_MAX) {
    if (static_cast<int64_t>(blocks_.size()) == kBlockLimit) {
      pool_.release(data, bytes);
      throw ArgumentError{"a million tensors are alive already"};
    }
    index = static_cast<uint32_t>(blocks_.size());
    blocks_.emplace_back();
  } else {
    first_free_ = blocks_[index].next_free;
  }
  Block& block = blocks_[index];
  block.data = data;
  block.bytes = bytes;
  block.ticket = queue_.last();
  if (napi_create_reference(env_, owner, 0, &block.owner) != napi_ok) block.owner = nullptr;
  storages_++;
  report_external_memory();
  return index;
}

void Environment::free(uint32_t index) {
  Block& block = blocks_[index];
  // Otherwise memory that queued calls still use would be out of bounds already.
  if (guard_ != Guard::none || kPoisons) settle();
  pool_.release(block.data, block.bytes);
  if (block.owner != nullptr) napi_delete_reference(env_, block.owner);
  block = Block{};
  block.next_free = first_free_;
  first_free_ = index;
  storages_--;
  report_external_memory();
  trim(pool_);
}

// Shapes that changed leave blocks of sizes that nothing asks for any more. Memory that queued calls use cannot go back
// before they are done; waiting for them would hold up the event loop, so that is left until the pool is twice too
// large.
void Environment::trim(MemoryPool& pool) {
  const size_t most = std::max(kLeastPooled, pool.peak_bytes() / 2 * 3);
  if (pool.pooled_bytes() <= most) return;
  if (!queue_.passed(queue_.last())) {
    if (pool.pooled_bytes() <= 2 * most) return;
    settle();
  }
  pool.trim(most / 4 * 3);
}

void Environment::fail_allocations_from(int64_t count) {
  settle();
  pool_.fail_from(count);
  workspaces_.fail_from(count);
}

void Environment::sweep() {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
  for (uint32_t i = 0; i < blocks_.size(); i++) {
    if (blocks_[i].data == nullptr || blocks_[i].owner == nullptr) continue;
    napi_value owner = nullptr;
    if (napi_get_reference_value(env_, blocks_[i].owner, &owner) == napi_ok && owner == nullptr) free(i);
  }
  napi_close_handle_scope(env_, scope);
}

// A report of pressure makes V8 collect everything before it returns; no flag or engine header is needed for it.
void Environment::force_collection() {
  int64_t ignored;
  napi_adjust_external_memory(env_, kPressure, &ignored);
  napi_adjust_external_memory(env_, -kPressure, &ignored);
}

// First what earlier collections left. Where that is too little a collection; after it the budget follows what is
// really in use, so that the cost of collecting stays in proportion to what was allocated in between.
void Environment::reclaim(size_t wanted) {
  sweep();
  if (!over_budget(wanted, 0.75)) return;
  force_collection();
  sweep();
  byte_budget_ = std::max(kLeastBytes, 2 * (pool_.live_bytes() + wanted));
  storage_budget_ = std::max(kLeastStorages, 2 * storages_);
}

bool Environment::over_budget(size_t wanted, double share) const {
  return static_cast<double>(pool_.live_bytes() + wanted) > share * static_cast<double>(byte_budget_) ||
         static_cast<double>(storages_) >= share * static_cast<double>(storage_budget_);
}

// Pooled bytes count like live ones: they are held, and in a steady loop the sum stands still. Reports that rose and
// fell with every step made V8 collect everything once a step, a fifth of the processor's time in a small residual
// network. Garbage is not left to these reports: the budget finds it.
void Environment::report_external_memory() {
  const int64_t held = static_cast<int64_t>(pool_.live_bytes() + pool_.pooled_bytes());
  const int64_t change = held - reported_;
  if (change < kReportStep && change > -kReportStep) return;
  int64_t ignored;
  napi_adjust_external_memory(env_, change, &ignored);
  reported_ += change;
}

}  // namespace strided
