#include "memory_pool.h"

#include <bit>
#include <new>

#if defined(__linux__)
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

size_t alignment_of(size_t size) { return size >= kHugePage ? kHugePage : kAlignment; }

void* system_allocate(size_t size) {
  void* block = ::operator new(size, std::align_val_t(alignment_of(size)), std::nothrow);
#if defined(__linux__)
  // Advice only: a failure costs speed on first touch and nothing else.
  if (block != nullptr && size >= kHugePage) (void)madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}

void system_release(void* block, size_t size) { ::operator delete(block, std::align_val_t(alignment_of(size))); }

}  // namespace

MemoryPool::MemoryPool() : free_(kClasses) {}

MemoryPool::~MemoryPool() { trim(0); }

size_t MemoryPool::rounded(size_t bytes) {
  size_t size;
  size_class(bytes, &size);
  return size;
}

void* MemoryPool::allocate(size_t bytes) {
  if (bytes > size_t{1} << 47) return nullptr;
  size_t size;
  std::vector<void*>& list = free_[size_class(bytes, &size)];
  void* block;
  if (list.empty()) {
    block = system_allocate(size);
    if (block == nullptr) {
      trim(0);
      block = system_allocate(size);
      if (block == nullptr) return nullptr;
    }
  } else {
    block = list.back();
    list.pop_back();
    pooled_ -= size;
  }
  live_ += size;
  if (live_ > peak_) peak_ = live_;
  return block;
}

void MemoryPool::release(void* block, size_t bytes) {
  size_t size;
  std::vector<void*>& list = free_[size_class(bytes, &size)];
  list.push_back(block);
  live_ -= size;
  pooled_ += size;
}

void MemoryPool::trim(size_t keep) {
  for (size_t index = kClasses; index-- > 0 && pooled_ > keep;) {
    std::vector<void*>& list = free_[index];
    size_t size;
    if (index < kSmallClasses) {
      size = (index + 1) * kAlignment;
    } else {
      const size_t log = (index - kSmallClasses) / 8 + kSmallLog;
      size = (size_t{1} << log) + ((index - kSmallClasses) % 8 + 1) * (size_t{1} << (log - 3));
    }
    while (!list.empty() && pooled_ > keep) {
      system_release(list.back(), size);
      list.pop_back();
      pooled_ -= size;
    }
  }
}

}  // namespace strided
