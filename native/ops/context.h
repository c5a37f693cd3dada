// What an op needs of its environment: kernels, threads, and memory for the length of one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "../dispatch/kernel_table.h"
#include "../runtime/memory_pool.h"
#include "../runtime/thread_pool.h"
#include "../simd/streaming.h"

namespace strided {

// How far a convolution may trade accuracy for speed: Winograd with tiles of 4, with tiles of 2 (whose error is smaller
// than that of direct summation), or direct summation alone.
enum class ConvPrecision { fast, medium, strict };

struct Context {
  const KernelTable* kernels;
  MemoryPool* memory;
  int threads;
  ConvPrecision conv_precision = ConvPrecision::fast;

  template <typename Function>
  void parallel(int64_t slices, Function&& function) const {
    parallel_for(slices, threads, false, std::forward<Function>(function));
  }
  // For the second pass over the same slices: begins with those that every thread read last in the first one.
  template <typename Function>
  void parallel_backwards(int64_t slices, Function&& function) const {
    parallel_for(slices, threads, true, std::forward<Function>(function));
  }
};

// Scratch memory of one call, from the pool. Throws std::bad_alloc when there is none.
template <typename T>
class Workspace {
 public:
  Workspace(const Context& context, int64_t count) : memory_(*context.memory), bytes_(sizeof(T) * padded(count)) {
    data_ = static_cast<T*>(memory_.allocate_or_trim(bytes_));
    if (data_ == nullptr) throw OutOfMemory(bytes_);
  }
  ~Workspace() { memory_.release(data_, bytes_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  T* get() const { return data_; }

 private:
  static size_t padded(int64_t count) { return static_cast<size_t>(count > 0 ? count : 1); }

  MemoryPool& memory_;
  size_t bytes_;
  T* data_;
};

// One scratch area for each thread of a loop, 128 bytes and more apart, so that no two share a pair of cache lines.
template <typename T>
class ThreadWorkspace {
 public:
  ThreadWorkspace(const Context& context, int64_t count)
      : stride_((count * static_cast<int64_t>(sizeof(T)) / 128 + 2) * 128 / static_cast<int64_t>(sizeof(T))),
        all_(context, stride_ * context.threads) {}

  T* get(int thread) const { return all_.get() + stride_ * thread; }

 private:
  int64_t stride_;
  Workspace<T> all_;
};

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Cuts `size` into slices of about `target`: equal to within one, a function of the problem alone.
struct Slices {
  int64_t size;
  int64_t count;

  Slices(int64_t total, int64_t target) : size(total), count(total <= target ? 1 : ceil_div(total, target)) {}
  int64_t begin(int64_t i) const { return i * size / count; }
  int64_t end(int64_t i) const { return (i + 1) * size / count; }
};

// Elements of a streaming kernel that one slice takes: 256 KB of float32, tens of microseconds, against the fraction of
// one that a slice costs.
constexpr int64_t kStreamSlice = 1 << 16;
// Slices of a buffer that is mapped to another one element by element, or to `slice` elements at a time.
inline Slices stream_slices(int64_t size, int64_t slice = kStreamSlice) {
  return Slices(size, size >= kStreamedSize ? kStreamedSlice : slice);
}

// Floating-point operations that one slice of arithmetic takes, likewise.
constexpr int64_t kFlopSlice = 2'000'000;

}  // namespace strided
