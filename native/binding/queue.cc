// The environment's queue: calls that a thread of its own executes, and the promises that tell when.
#include <algorithm>
#include <cstring>

#include "environment.h"
#include "failure.h"

namespace strided {
namespace {

// Memory that JavaScript wrote while queued calls still used the block.
class QueuedWrite : public Command {
 public:
  // Runs behind a failure too: the tensor may be somebody's who has nothing to do with the call that failed.
  QueuedWrite(char* to, const char* from, size_t bytes) : Command("write", true), to_(to), from_(from, from + bytes) {}

  void run() override { std::memcpy(to_, from_.data(), from_.size()); }

 private:
  char* const to_;
  const std::vector<char> from_;
};

}  // namespace

// A promise and what decides it, on the way to the JavaScript thread.
struct Environment::Report {
  napi_deferred promise;
  Failure failure;
};

// Tells the JavaScript thread that everything before it is done.
class Environment::Fence : public Command {
 public:
  // A queue within another leaves the failure to the outer one, whose calls follow.
  Fence(Environment& environment, napi_deferred promise, bool outermost)
      : Command("queue", true), environment_(environment), promise_(promise), outermost_(outermost) {}

  void run() override {
    auto report = std::make_unique<Report>();
    report->promise = promise_;
    report->failure = outermost_ ? environment_.queue_.take_failure() : environment_.queue_.failure();
    // Refused only when the JavaScript environment is ending, where nobody waits any more.
    if (napi_call_threadsafe_function(environment_.notifier_, report.get(), napi_tsfn_nonblocking) == napi_ok) {
      report.release();
    }
  }

 private:
  Environment& environment_;
  const napi_deferred promise_;
  const bool outermost_;
};

void Environment::settle_promise(napi_env env, napi_value, void* environment, void* data) {
  const std::unique_ptr<Report> report(static_cast<Report*>(data));
  if (env == nullptr) return;
  auto& self = *static_cast<Environment*>(environment);
  if (report->failure.error != nullptr) {
    napi_reject_deferred(env, report->promise, error_value(env, self, report->failure));
  } else {
    napi_value undefined;
    napi_get_undefined(env, &undefined);
    napi_resolve_deferred(env, report->promise, undefined);
  }
  self.expect_notice(-1);
}

// Only promises that somebody may wait for keep the process alive.
void Environment::expect_notice(int change) {
  notices_expected_ += change;
  if (notices_expected_ == 0) napi_unref_threadsafe_function(env_, notifier_);
  if (notices_expected_ == 1 && change == 1) napi_ref_threadsafe_function(env_, notifier_);
}

void Environment::stop_queue(void* environment) { static_cast<Environment*>(environment)->queue_.stop(); }

void Environment::create_notifier() {
  if (notifier_ != nullptr) return;
  napi_value name;
  napi_create_string_utf8(env_, "strided queue", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, settle_promise,
                                      &notifier_) != napi_ok) {
    notifier_ = nullptr;
    return;
  }
  napi_unref_threadsafe_function(env_, notifier_);
  // Hooks run in the reverse order of their making: the queue stops before what it notifies is gone.
  napi_add_env_cleanup_hook(env_, stop_queue, this);
}

void Environment::begin_queue() {
  if (queue_depth_++ > 0) return;
  // What the last steps left undone; scratch memory of their calls has no other moment.
  if (queue_.passed(queue_.last())) {
    trim(pool_);
    trim(workspaces_);
  }
  create_notifier();
  queueing_ = notifier_ != nullptr && queue_.start();
}

napi_value Environment::end_queue() {
  napi_deferred promise;
  napi_value result = nullptr;
  napi_create_promise(env_, &promise, &result);
  if (queueing_) {
    expect_notice(1);
    push(std::make_unique<Fence>(*this, promise, queue_depth_ == 1));
  } else {
    napi_value undefined;
    napi_get_undefined(env_, &undefined);
    napi_resolve_deferred(env_, promise, undefined);
  }
  if (queue_depth_ > 0 && --queue_depth_ == 0) queueing_ = false;
  return result;
}

Context Environment::queued_context() {
  Context queued = context;
  queued.memory = &workspaces_;
  return queued;
}

void Environment::push_write(uint32_t block, char* to, const char* from, size_t bytes) {
  blocks_[block].ticket = queue_.push(std::make_unique<QueuedWrite>(to, from, bytes));
}

void Environment::wait_for(uint32_t block) {
  const uint64_t ticket = std::min(blocks_[block].ticket, queue_.last());
  queue_.wait(ticket);
  if (!queueing_) return;
  const Failure failure = queue_.failure();
  if (failure.error == nullptr || failure.ticket > ticket) return;
  // What is queued behind it must not run on what it did not compute.
  settle();
  throw QueuedFailure{queue_.take_failure()};
}

}  // namespace strided
