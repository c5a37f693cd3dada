// The worker threads of the process, and the one way to use them: a parallel loop over slices.
//
// Every thread has a stretch of slices of its own, the same in every loop of so many: what it wrote in the last one is
// in its cache (a pass over 16 MB gained 5 to 15 %). One that is done takes slices of the others, so which thread runs
// a slice is not determined, and what a slice computes must not depend on it. The calling thread takes part. Workers
// spin for a short while after a loop, since the next one usually follows within microseconds (a wake-up through the
// kernel costs 25 to 55 us, one from spinning 0.15 us), and then park.
//
// One pool serves every JavaScript environment of the process. A caller that finds it busy with another's loop runs its
// own slices alone: same results, no queue, no oversubscription. The pool is never destroyed: parked threads hold
// nothing, and joining them from a static destructor is what hangs other addons at exit.
//
// Workers flush denormals; the caller sets its own mode (flush_denormals.h), or results would depend on who ran a
// slice.
#pragma once

#include <cstdint>

namespace strided {

// Runs one slice; `thread` is unique among the threads inside the loop and smaller than its thread count.
using SliceFunction = void (*)(void* context, int64_t slice, int thread);

// Highest number of threads that a loop can use.
constexpr int kMaxThreads = 256;

// The number of threads this process may use: the affinity mask, lowered to the cgroup's CPU quota, at least 1.
int available_threads();

// For tests: from now on threads are refused (or not) as the system does that has no more.
void refuse_threads(bool refuse);
// Throws std::system_error while threads are refused.
void check_thread_allowed();

// Runs slices 0 <= i < count on at most `threads` threads and returns when all are done. Slices must not throw.
// `backwards` asks each thread to take its last slice first: what a loop before it read last is still in cache.
void run_slices(int64_t count, int threads, bool backwards, SliceFunction function, void* context);

// The same for any callable (slice, thread).
template <typename Function>
void parallel_for(int64_t count, int threads, bool backwards, Function&& function) {
  run_slices(
      count, threads, backwards,
      [](void* context, int64_t slice, int thread) { (*static_cast<Function*>(context))(slice, thread); },
      const_cast<void*>(static_cast<const void*>(&function)));
}

}  // namespace strided
