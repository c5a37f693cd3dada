#include "memory_pool.h"

#include <bit>
#include <new>

#include "poison.h"

#if !defined(_WIN32)
#include <sys/mman.h>
#endif

namespace strided {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;
// Below this, classes are multiples of 64 bytes: 16 of them.
constexpr size_t kSmall = 1024;
constexpr size_t kSmallClasses = kSmall / kAlignment;
constexpr int kSmallLog = 10;
constexpr size_t kClasses = kSmallClasses + 8 * (48 - kSmallLog);

// The class whose blocks hold `bytes`, and in `size` how large they are.
size_t size_class(size_t bytes, size_t* size) {
  if (bytes == 0) bytes = 1;
  if (bytes <= kSmall) {
    const size_t index = (bytes - 1) / kAlignment;
    *size = (index + 1) * kAlignment;
    return index;
  }
  const int log = std::bit_width(bytes - 1) - 1;
  const size_t step = size_t{1} << (log - 3);
  const size_t eighths = (bytes - (size_t{1} << log) + step - 1) / step;
  *size = (size_t{1} << log) + eighths * step;
  return kSmallClasses + 8 * static_cast<size_t>(log - kSmallLog) + eighths - 1;
}

// Blocks of at least this much are mapped from the system one by one, and can go back to it; smaller ones are cut from
// slabs that stay. The C library's heap is no place for either: freed blocks of changing sizes leave holes there, which
// made a process three times as large as its pool.
constexpr size_t kMapped = size_t{128} << 10;
constexpr size_t kSlab = size_t{1} << 20;

#if defined(_WIN32)
void* map_pages(size_t size) { return ::operator new(size, std::align_val_t(kAlignment), std::nothrow); }
void unmap_pages(void* block, size_t) { ::operator delete(block, std::align_val_t(kAlignment)); }
#else
constexpr size_t kPage = 4096;

size_t whole_pages(size_t size) { return (size + kPage - 1) / kPage * kPage; }

void* map_pages(size_t size) {
  size = whole_pages(size);
  const size_t slack = size >= kHugePage ? kHugePage : 0;
  void* mapped = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (slack == 0) return mapped;
  // Cut down to a stretch that starts on a huge page.
  char* const start = static_cast<char*>(mapped);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(start) % kHugePage) % kHugePage;
  if (before > 0) munmap(start, before);
  if (slack > before) munmap(start + before + size, slack - before);
#if defined(__linux__)
  // Advice only: a failure costs speed on first touch and nothing else.
  (void)madvise(start + before, size, MADV_HUGEPAGE);
#endif
  return start + before;
}

void unmap_pages(void* block, size_t size) { munmap(block, whole_pages(size)); }
#endif

}  // namespace

MemoryPool::MemoryPool(Guard guard) : guard_(guard), free_(kClasses) {}

MemoryPool::~MemoryPool() {
  trim(0);
  for (void* slab : slabs_) {
    unpoison(slab, kSlab);
    unmap_pages(slab, kSlab);
  }
}

// A new block of a class: mapped, or the next stretch of the current slab.
void* MemoryPool::create(size_t size) {
  if (size >= kMapped) return map_pages(size);
  if (size > slab_left_) {
    void* slab = map_pages(kSlab);
    if (slab == nullptr) return nullptr;
    poison(slab, kSlab);
    slabs_.push_back(slab);
    slab_left_ = kSlab;
  }
  char* const block = static_cast<char*>(slabs_.back()) + (kSlab - slab_left_);
  slab_left_ -= size;
  return block;
}

void MemoryPool::count_live(size_t size) {
  count(live_, size);
  if (live_bytes() > peak_bytes()) peak_.store(live_bytes(), std::memory_order_relaxed);
}

void* MemoryPool::allocate(size_t bytes) {
  if (left_ == 0 || bytes > size_t{1} << 47) return nullptr;
  if (left_ != INT64_MAX) left_--;
  if (guard_ != Guard::none) {
    void* guarded = map_guarded(bytes, guard_);
    if (guarded != nullptr) count_live(bytes);
    return guarded;
  }
  size_t size;
  std::vector<void*>& list = free_[size_class(bytes, &size)];
  void* block;
  if (list.empty()) {
    block = create(size);
    if (block == nullptr) return nullptr;
  } else {
    block = list.back();
    list.pop_back();
    count(pooled_, 0 - size);
  }
  count_live(size);
  // What the class is larger than the block stays out of bounds.
  unpoison(block, bytes);
  return block;
}

void* MemoryPool::allocate_or_trim(size_t bytes) {
  void* block = allocate(bytes);
  if (block != nullptr) return block;
  trim(0);
  return allocate(bytes);
}

void MemoryPool::release(void* block, size_t bytes) {
  if (guard_ != Guard::none) {
    unmap_guarded(block, bytes, guard_);
    count(live_, 0 - bytes);
    return;
  }
  size_t size;
  std::vector<void*>& list = free_[size_class(bytes, &size)];
  list.push_back(block);
  poison(block, size);
  count(live_, 0 - size);
  count(pooled_, size);
}

void MemoryPool::trim(size_t keep) {
  for (size_t index = kClasses; index-- > kSmallClasses && pooled_bytes() > keep;) {
    const size_t log = (index - kSmallClasses) / 8 + kSmallLog;
    const size_t size = (size_t{1} << log) + ((index - kSmallClasses) % 8 + 1) * (size_t{1} << (log - 3));
    if (size < kMapped) return;
    std::vector<void*>& list = free_[index];
    while (!list.empty() && pooled_bytes() > keep) {
      unpoison(list.back(), size);
      unmap_pages(list.back(), size);
      list.pop_back();
      count(pooled_, 0 - size);
    }
  }
}

}  // namespace strided
