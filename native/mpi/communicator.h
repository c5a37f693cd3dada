// Collective operations of the process, in the order in which they were asked for: most of them in a thread of their
// own, so that gradients travel while others are still computed.
//
// Jobs must be submitted in the same order on every rank. One job runs at a time, on the communication thread or, for
// `run`, on the caller's where nothing is under way, which spares two wake-ups. There is one communicator in a process,
// as there is one MPI; it is never destroyed, because its thread may be in the middle of a call when the process ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "mpi.h"
#include "shared_library.h"

namespace strided {

struct Job {
  enum class Kind { barrier, broadcast, all_gather, all_reduce, all_reduce_in_order };
  Kind kind = Kind::barrier;
  void* data = nullptr;
  // Of all_gather.
  void* receive = nullptr;
  int count = 0;
  ElementType type = ElementType::float32;
  ReduceOp op = ReduceOp::sum;
  int root = 0;
};

class Communicator {
 public:
  static Communicator& instance();

  // Empty on success, else why the library cannot be used.
  std::string open(const std::string& path);
  MpiInfo initialize();
  bool initialized() const { return initialized_; }
  int size() const { return info_.size; }

  // The job's number; its memory must stay where it is until the job is done.
  uint64_t submit(const Job& job);
  // Until the job of that number is done. Throws MpiError when it, or an earlier one, failed.
  void wait(uint64_t number);
  void run(const Job& job);

  // Waits until every rank has come to its end.
  void finalize();
  // Ends all ranks, now or, once the process runs its exit handlers, then.
  void end_job(int code);
  void end_job_at_exit(int code) { code_at_exit_ = code; }

 private:
  void serve();
  void execute(const Job& job);
  void reduce_in_order(const Job& job);
  // Until what was begun is done.
  void poll();
  void look_for_farewells(bool waiting_for_them);
  void fail_on_failure() const;
  static void at_exit();

  SharedLibrary library_;
  std::unique_ptr<Mpi> mpi_;
  MpiInfo info_;
  bool initialized_ = false;

  std::mutex mutex_;
  std::condition_variable work_, done_;
  std::deque<Job> queue_;
  uint64_t submitted_ = 0, finished_ = 0;
  bool busy_ = false;
  std::string failure_;

  // Whether somebody sleeps until the job at hand is done.
  std::atomic<bool> awaited_{false};
  std::atomic<bool> ending_{false};
  int code_at_exit_ = 0;
  std::vector<bool> departed_;
  std::vector<float> received_;
};

}  // namespace strided
