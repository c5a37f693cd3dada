// Memory and settings of one JavaScript environment (the main thread or a worker thread).
//
// A block is a stretch of pool memory with a number. JavaScript names memory by one number, block + byte offset * 2^20,
// so that views need no object here and a call decodes a buffer in a few nanoseconds; every use is checked against the
// block's size. A block is freed by JavaScript or, when its owner was garbage-collected, by `sweep`: V8 runs no
// finalizer inside one synchronous loop, but a weak reference reads empty right after a collection.
//
// Between begin_queue and end_queue, calls are checked at once and executed later, in order, by a thread of the
// environment's own. A block that JavaScript frees meanwhile can be handed out again at once, since whoever uses it
// next is queued behind those who did before; what JavaScript itself reads or writes waits for the calls that name the
// block. Scratch memory of queued calls comes from a second pool, so that neither pool needs a lock.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../ops/context.h"
#include "../runtime/command_queue.h"

namespace strided {

// A block number has 20 bits: a million storages; the other 33 of a double's 53 address 8 GB within one.
constexpr int64_t kBlockLimit = int64_t{1} << 20;
constexpr int64_t kOffsetLimit = int64_t{1} << 33;

class Environment {
 public:
  Environment(napi_env env, Isa isa, int threads, Guard guard);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // Throws OutOfMemory when the system has no more memory after everything reclaimable was reclaimed.
  uint32_t allocate(size_t bytes, napi_value owner);
  void free(uint32_t block);
  bool is_live(uint32_t block) const { return block < blocks_.size() && blocks_[block].data != nullptr; }
  char* data(uint32_t block) const { return static_cast<char*>(blocks_[block].data); }
  size_t bytes(uint32_t block) const { return blocks_[block].bytes; }

  size_t storages() const { return storages_; }
  const MemoryPool& pool() const { return pool_; }
  const MemoryPool& workspaces() const { return workspaces_; }
  void fail_allocations_from(int64_t count);
  // What was asked for, what is live and who holds most of it.
  std::string out_of_memory(size_t bytes) const;

  // queue.cc: from here to end_queue calls are queued, unless the system refuses a thread.
  void begin_queue();
  // A promise that is kept when everything queued so far is done, and broken by what one of the calls threw.
  napi_value end_queue();
  bool queueing() const { return queueing_; }
  // Notes that the call being read uses a block.
  void touch(uint32_t block) {
    if (queueing_) blocks_[block].ticket = queue_.last() + 1;
  }
  // Appends a call, or memory to be copied into a block.
  void push(std::unique_ptr<Command> command) { queue_.push(std::move(command)); }
  void push_write(uint32_t block, char* to, const char* from, size_t bytes);
  // Whether queued calls use the block.
  bool is_pending(uint32_t block) const { return !queue_.passed(blocks_[block].ticket); }
  // Waits for those; throws QueuedFailure when one of them, or one before, failed.
  void wait_for(uint32_t block);
  // Waits for everything queued.
  void settle() { queue_.wait(queue_.last()); }
  // The settings with memory for the queue's thread.
  Context queued_context();

  Context context{};

 private:
  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
    napi_ref owner = nullptr;
    uint32_t next_free = 0;
    // The last queued call that may use the memory.
    uint64_t ticket = 0;
  };
  struct Report;
  class Fence;

  bool over_budget(size_t wanted, double share) const;
  void reclaim(size_t wanted);
  void sweep();
  void trim(MemoryPool& pool);
  void force_collection();
  void report_external_memory();
  void create_notifier();
  void expect_notice(int change);
  static void stop_queue(void* environment);
  static void settle_promise(napi_env env, napi_value, void* environment, void* report);

  napi_env env_;
  const Guard guard_;
  MemoryPool pool_;
  MemoryPool workspaces_;
  CommandQueue queue_;
  napi_threadsafe_function notifier_ = nullptr;
  int notices_expected_ = 0;
  int queue_depth_ = 0;
  bool queueing_ = false;
  std::vector<Block> blocks_;
  uint32_t first_free_ = UINT32_MAX;
  size_t storages_ = 0;
  // Live bytes, and storages, beyond which dead owners are looked for.
  size_t byte_budget_;
  size_t storage_budget_;
  int64_t reported_ = 0;
};

}  // namespace strided
