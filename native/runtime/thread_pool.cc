#include "thread_pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "flush_denormals.h"
#include "spin.h"

namespace strided {
namespace {

// How long an idle worker spins before it parks. Between two native calls of a training step the JavaScript thread
// needs 2 to 50 us, a data loader's copy a few hundred.
constexpr auto kSpinTime = std::chrono::microseconds(300);
// Clock reads are dear; one in this many pauses is enough.
constexpr int kPausesPerClockRead = 64;

// The gate counts workers inside the current loop and closes when the caller has run out of slices.
//   bits 63..32 loop number, bit 31 closed, bits 30..0 workers inside
constexpr uint64_t kClosed = uint64_t{1} << 31;
constexpr uint64_t loop_of(uint64_t gate) { return gate >> 32; }
constexpr uint64_t inside(uint64_t gate) { return gate & (kClosed - 1); }

struct Loop {
  SliceFunction function = nullptr;
  void* context = nullptr;
  int64_t count = 0;
  int threads = 0;
  bool backwards = false;
};

class ThreadPool {
 public:
  void run(const Loop& loop) {
    const int threads = loop.threads;
    start_workers(threads - 1);
    loop_ = loop;
    for (int t = 0; t < threads; t++) cursors_[t].next.store(first_of(t), std::memory_order_relaxed);
    const uint64_t number = loop_of(gate_.load(std::memory_order_relaxed)) + 1;
    // seq_cst pairs with the worker that announces itself parked before it looks at the gate a last time.
    gate_.store(number << 32, std::memory_order_seq_cst);
    if (parked_.load(std::memory_order_seq_cst) > 0) {
      { std::lock_guard<std::mutex> lock(park_mutex_); }
      park_.notify_all();
    }
    work(0);
    gate_.fetch_or(kClosed, std::memory_order_acq_rel);
    Spinner spinner;
    while (inside(gate_.load(std::memory_order_acquire)) != 0) spinner.pause();
  }

  std::mutex busy;

 private:
  void start_workers(int wanted) {
    while (static_cast<int>(workers_) < wanted) {
      try {
        check_thread_allowed();
        std::thread([this, thread = workers_ + 1] { worker(thread); }).detach();
      } catch (const std::system_error&) {
        return;  // The loop runs with the threads there are.
      }
      workers_++;
    }
  }

  // Where the stretch of slices begins that is a thread's own.
  int64_t first_of(int thread) const { return loop_.count * thread / loop_.threads; }

  // A thread's own stretch first, then what is left of the others'.
  void work(int thread) {
    const Loop& loop = loop_;
    for (int i = 0; i < loop.threads; i++) {
      const int owner = (thread + i) % loop.threads;
      const int64_t first = first_of(owner), end = first_of(owner + 1);
      for (;;) {
        const int64_t claimed = cursors_[owner].next.fetch_add(1, std::memory_order_relaxed);
        if (claimed >= end) break;
        loop.function(loop.context, loop.backwards ? first + end - 1 - claimed : claimed, thread);
      }
    }
  }

  bool enter(uint64_t number) {
    uint64_t gate = gate_.load(std::memory_order_acquire);
    while (loop_of(gate) == number && (gate & kClosed) == 0) {
      if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) return true;
    }
    return false;
  }

  // Waits for a loop newer than `seen` and returns its number.
  uint64_t wait(uint64_t seen) {
    auto newer = [&] { return loop_of(gate_.load(std::memory_order_acquire)) != seen; };
    const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
    do {
      for (int i = 0; i < kPausesPerClockRead; i++) {
        if (newer()) return loop_of(gate_.load(std::memory_order_acquire));
        cpu_pause();
      }
    } while (std::chrono::steady_clock::now() < deadline);
    std::unique_lock<std::mutex> lock(park_mutex_);
    parked_.fetch_add(1, std::memory_order_seq_cst);
    park_.wait(lock, [&] { return loop_of(gate_.load(std::memory_order_seq_cst)) != seen; });
    parked_.fetch_sub(1, std::memory_order_relaxed);
    return loop_of(gate_.load(std::memory_order_acquire));
  }

  void worker(int thread) {
    FlushDenormals flush;
    uint64_t seen = 0;
    for (;;) {
      seen = wait(seen);
      if (!enter(seen)) continue;
      if (thread < loop_.threads) work(thread);
      gate_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  // 128 bytes apart: adjacent-line prefetch makes pairs of lines ping-pong together.
  alignas(128) std::atomic<uint64_t> gate_{0};
  struct alignas(128) Cursor {
    std::atomic<int64_t> next{0};
  };
  Cursor cursors_[kMaxThreads];
  alignas(128) Loop loop_;
  std::atomic<int> parked_{0};
  std::mutex park_mutex_;
  std::condition_variable park_;
  int workers_ = 0;
};

ThreadPool& pool() {
  static ThreadPool* const instance = new ThreadPool;
  return *instance;
}

std::atomic<bool> threads_refused{false};

}  // namespace

void refuse_threads(bool refuse) { threads_refused.store(refuse); }

void check_thread_allowed() {
  if (threads_refused.load()) throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
}

void run_slices(int64_t count, int threads, bool backwards, SliceFunction function, void* context) {
  if (threads > kMaxThreads) threads = kMaxThreads;
  if (count < threads) threads = static_cast<int>(count);
  if (threads > 1) {
    ThreadPool& shared = pool();
    if (shared.busy.try_lock()) {
      std::lock_guard<std::mutex> lock(shared.busy, std::adopt_lock);
      shared.run({function, context, count, threads, backwards});
      return;
    }
  }
  for (int64_t i = 0; i < count; i++) function(context, backwards ? count - 1 - i : i, 0);
}

}  // namespace strided
