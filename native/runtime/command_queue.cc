#include "command_queue.h"

#include <system_error>
#include <utility>

#include "flush_denormals.h"
#include "thread_pool.h"

namespace strided {

bool CommandQueue::start() {
  if (stopped_) return false;
  if (thread_.joinable()) return true;
  try {
    check_thread_allowed();
    thread_ = std::thread([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void CommandQueue::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  pushed_.notify_all();
  if (thread_.joinable()) thread_.join();
  commands_.clear();
  done_.store(last_, std::memory_order_release);
}

uint64_t CommandQueue::push(std::unique_ptr<Command> command) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (commands_.size() >= kMost && !stopped_) {
    waiting_ = true;
    passed_.wait(lock);
  }
  waiting_ = false;
  commands_.push_back(std::move(command));
  const bool idle = idle_;
  const uint64_t ticket = ++last_;
  lock.unlock();
  if (idle) pushed_.notify_one();
  return ticket;
}

void CommandQueue::wait(uint64_t ticket) {
  if (passed(ticket)) return;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!passed(ticket) && !stopped_) {
    waiting_ = true;
    passed_.wait(lock);
  }
  waiting_ = false;
}

Failure CommandQueue::failure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

Failure CommandQueue::take_failure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(failure_, {});
}

void CommandQueue::work() {
  const FlushDenormals flush;
  std::unique_lock<std::mutex> lock(mutex_);
  for (uint64_t ticket = 1;; ticket++) {
    while (commands_.empty() && !stopped_) {
      idle_ = true;
      pushed_.wait(lock);
    }
    idle_ = false;
    if (stopped_) return;
    std::unique_ptr<Command> command = std::move(commands_.front());
    commands_.pop_front();
    const bool skipped = failure_.error != nullptr && !command->always;
    lock.unlock();
    Failure failure{command->name, nullptr, ticket};
    try {
      if (!skipped) command->run();
    } catch (...) {
      failure.error = std::current_exception();
    }
    // Before anyone is told that the command is done: it may hold memory.
    command.reset();
    lock.lock();
    if (failure.error != nullptr && failure_.error == nullptr) failure_ = std::move(failure);
    done_.store(ticket, std::memory_order_release);
    if (waiting_) passed_.notify_all();
  }
}

}  // namespace strided
