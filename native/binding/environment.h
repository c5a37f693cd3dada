// Memory and settings of one JavaScript environment (the main thread or a worker thread).
//
// A block is a stretch of pool memory with a number. JavaScript names memory by one number, block + byte offset * 2^20,
// so that views need no object here and a call decodes a buffer in a few nanoseconds; every use is checked against the
// block's size. A block is freed by JavaScript or, when its owner was garbage-collected, by `sweep`: V8 runs no
// finalizer inside one synchronous loop, but a weak reference reads empty right after a collection.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

#include "../ops/context.h"

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

  // Throws std::bad_alloc when the system has no more memory after everything reclaimable was reclaimed.
  uint32_t allocate(size_t bytes, napi_value owner);
  void free(uint32_t block);
  bool is_live(uint32_t block) const { return block < blocks_.size() && blocks_[block].data != nullptr; }
  char* data(uint32_t block) const { return static_cast<char*>(blocks_[block].data); }
  size_t bytes(uint32_t block) const { return blocks_[block].bytes; }

  size_t storages() const { return storages_; }
  const MemoryPool& pool() const { return pool_; }

  Context context{};

 private:
  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
    napi_ref owner = nullptr;
    uint32_t next_free = 0;
  };

  bool over_budget(size_t wanted, double share) const;
  void reclaim(size_t wanted);
  void sweep();
  void force_collection();
  void report_external_memory();

  napi_env env_;
  MemoryPool pool_;
  std::vector<Block> blocks_;
  uint32_t first_free_ = UINT32_MAX;
  size_t storages_ = 0;
  // Live bytes, and storages, beyond which dead owners are looked for.
  size_t byte_budget_;
  size_t storage_budget_;
  int64_t reported_ = 0;
};

}  // namespace strided
