// Commands that a thread of the queue's own executes one after the other, in the order in which they were pushed.
//
// One thread pushes and waits, the queue's thread executes. The order is all there is to it: a command may use any
// memory that its predecessors used, whoever was told meanwhile that it is free, as long as later users are commands
// too.
//
// A command that throws fails the queue: those behind it are skipped, but for the ones that run always, until somebody
// takes the failure. The thread is started by the first command and ends with the queue.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace strided {

class Command {
 public:
  // `name` outlives the command; `always` says whether it also runs behind a command that failed.
  Command(const char* name, bool always) : name(name), always(always) {}
  virtual ~Command() = default;
  virtual void run() = 0;

  const char* const name;
  const bool always;
};

// What a command threw, and the command's name; no error, no failure.
struct Failure {
  const char* name = nullptr;
  std::exception_ptr error;
  uint64_t ticket = 0;
};

class CommandQueue {
 public:
  CommandQueue() = default;
  ~CommandQueue() { stop(); }
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;

  // Starts the thread unless it runs; false when the system refuses one or the queue was stopped.
  bool start();
  // Drops what has not begun, and returns when what has is done. Nothing is executed afterwards.
  void stop();

  // Appends a command and returns its ticket. Waits where the queue is full.
  uint64_t push(std::unique_ptr<Command> command);
  // The ticket of the command pushed last, 0 before the first.
  uint64_t last() const { return last_; }
  // Whether the command and all before it are done.
  bool passed(uint64_t ticket) const { return done_.load(std::memory_order_acquire) >= ticket; }
  void wait(uint64_t ticket);
  // The failure, if there is one; none behind it runs until it was taken away.
  Failure failure();
  Failure take_failure();

 private:
  void work();

  // As many as several steps of a large network push; more would only be memory.
  static constexpr size_t kMost = 8192;

  std::mutex mutex_;
  std::condition_variable pushed_;
  std::condition_variable passed_;
  std::deque<std::unique_ptr<Command>> commands_;
  std::thread thread_;
  Failure failure_;
  uint64_t last_ = 0;
  std::atomic<uint64_t> done_{0};
  bool idle_ = false;
  bool waiting_ = false;
  bool stopped_ = false;
};

}  // namespace strided
