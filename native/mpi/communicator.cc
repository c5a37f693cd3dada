#include "communicator.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace strided {
namespace {

using Clock = std::chrono::steady_clock;

// Up to here a reduction goes on in steps between which the thread sleeps; above it the library's own blocking form is
// faster by more than the barrier before it costs.
constexpr int kLeastBlocking = 1 << 14;
// Looks at an operation without a pause before the first sleep: what takes longer waits for a rank that is late.
constexpr int kPatience = 50;
// While gradients are computed, looking more often would take the processor from those who compute them.
constexpr auto kNap = std::chrono::microseconds(50);
constexpr int kLooksBetweenFarewells = 64;
// A rank that has said farewell has sent everything: what is missing after this long never comes.
constexpr auto kGrace = std::chrono::seconds(5);
// The communication thread may be in a blocking call that nobody else can end.
constexpr auto kEndPatience = std::chrono::seconds(2);

}  // namespace

Communicator& Communicator::instance() {
  static Communicator* communicator = new Communicator;
  return *communicator;
}

std::string Communicator::open(const std::string& path) {
  if (mpi_ != nullptr) return "";
  const std::string reason = library_.open(path);
  if (!reason.empty()) return reason;
  try {
    mpi_ = make_mpi(library_);
    return "";
  } catch (const MpiError& error) {
    return path + ": " + error.message;
  }
}

MpiInfo Communicator::initialize() {
  if (mpi_ == nullptr) throw MpiError{"no MPI library is loaded"};
  if (initialized_) return info_;
  info_ = mpi_->initialize();
  initialized_ = true;
  departed_.assign(static_cast<size_t>(info_.size), false);
  std::atexit(at_exit);
  std::thread([this] { serve(); }).detach();
  return info_;
}

void Communicator::fail_on_failure() const {
  if (!failure_.empty()) throw MpiError{failure_};
  if (!initialized_) throw MpiError{"MPI was not initialised, or has ended"};
}

uint64_t Communicator::submit(const Job& job) {
  const std::lock_guard lock(mutex_);
  fail_on_failure();
  queue_.push_back(job);
  work_.notify_one();
  return ++submitted_;
}

void Communicator::wait(uint64_t number) {
  std::unique_lock lock(mutex_);
  if (number > submitted_) throw MpiError{"there is no job " + std::to_string(number)};
  awaited_ = true;
  done_.wait(lock, [&] { return finished_ >= number; });
  awaited_ = false;
  fail_on_failure();
}

void Communicator::run(const Job& job) {
  std::unique_lock lock(mutex_);
  fail_on_failure();
  if (busy_ || !queue_.empty()) {
    lock.unlock();
    wait(submit(job));
    return;
  }
  busy_ = true;
  lock.unlock();
  awaited_ = true;
  std::string failure;
  try {
    execute(job);
  } catch (const MpiError& error) {
    failure = error.message;
  }
  awaited_ = false;
  lock.lock();
  busy_ = false;
  if (!failure.empty()) failure_ = failure;
  fail_on_failure();
}

void Communicator::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return !queue_.empty() && !busy_; });
    const Job job = queue_.front();
    queue_.pop_front();
    busy_ = true;
    const bool broken = !failure_.empty();
    lock.unlock();
    std::string failure;
    try {
      if (!broken) execute(job);
    } catch (const MpiError& error) {
      failure = error.message;
    }
    lock.lock();
    if (!failure.empty()) failure_ = failure;
    busy_ = false;
    finished_++;
    done_.notify_all();
  }
}

void Communicator::execute(const Job& job) {
  switch (job.kind) {
    case Job::Kind::barrier:
      mpi_->begin_barrier();
      break;
    case Job::Kind::broadcast:
      mpi_->begin_broadcast(job.data, job.count, job.type, job.root);
      break;
    case Job::Kind::all_gather:
      mpi_->begin_all_gather(job.data, job.receive, job.count, job.type);
      break;
    case Job::Kind::all_reduce_in_order:
      reduce_in_order(job);
      return;
    case Job::Kind::all_reduce:
      if (job.count < kLeastBlocking) {
        mpi_->begin_all_reduce(job.data, job.count, job.type, job.op);
        break;
      }
      // A blocking call burns a core until the last rank has come; only the transfer itself is worth that.
      mpi_->begin_barrier();
      poll();
      mpi_->all_reduce(job.data, job.count, job.type, job.op);
      return;
  }
  poll();
}

// Every rank adds one stretch of the data, that of rank 0 first, and gives the sum to all: the same bits whatever the
// library would have done, for as many bytes as its own algorithms for large messages send.
void Communicator::reduce_in_order(const Job& job) {
  const int size = info_.size;
  float* data = static_cast<float*>(job.data);
  Stretches stretches;
  for (int r = 0; r < size; r++) {
    const int begin = static_cast<int>(int64_t{job.count} * r / size);
    stretches.offsets.push_back(begin);
    stretches.counts.push_back(static_cast<int>(int64_t{job.count} * (r + 1) / size) - begin);
  }
  const int own = stretches.counts[static_cast<size_t>(info_.rank)];
  Stretches received;
  for (int r = 0; r < size; r++) {
    received.offsets.push_back(own * r);
    received.counts.push_back(own);
  }
  received_.resize(static_cast<size_t>(own) * static_cast<size_t>(size));
  mpi_->begin_exchange(data, stretches, received_.data(), received);
  poll();
  float* sum = data + stretches.offsets[static_cast<size_t>(info_.rank)];
  std::copy_n(received_.data(), own, sum);
  for (int r = 1; r < size; r++) {
    const float* addend = received_.data() + static_cast<size_t>(own) * static_cast<size_t>(r);
    for (int i = 0; i < own; i++) sum[i] += addend[i];
  }
  mpi_->begin_spread(data, stretches);
  poll();
}

void Communicator::poll() {
  Clock::time_point deadline = Clock::time_point::max();
  for (int looks = 1; !mpi_->test(); looks++) {
    // Who ends the job waits for this thread to be out of the library, and then ends the process.
    if (ending_) throw MpiError{"the job ends"};
    if (looks % kLooksBetweenFarewells == 0) {
      look_for_farewells(false);
      const auto gone = std::find(departed_.begin(), departed_.end(), true);
      if (gone != departed_.end()) {
        const auto now = Clock::now();
        if (deadline == Clock::time_point::max()) deadline = now + kGrace;
        if (now > deadline) {
          throw MpiError{"rank " + std::to_string(gone - departed_.begin()) + " has ended while rank " +
                         std::to_string(info_.rank) + " still waits for it"};
        }
      }
    }
    if (awaited_ || looks < kPatience) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kNap);
    }
  }
}

void Communicator::look_for_farewells(bool waiting_for_them) {
  do {
    const int rank = mpi_->receive_farewell();
    if (rank >= 0) departed_[static_cast<size_t>(rank)] = true;
    if (rank < 0 && !waiting_for_them) return;
    if (rank < 0) std::this_thread::sleep_for(kNap);
  } while (waiting_for_them && std::count(departed_.begin(), departed_.end(), true) < info_.size - 1);
}

void Communicator::finalize() {
  std::unique_lock lock(mutex_);
  if (!initialized_) return;
  done_.wait(lock, [&] { return queue_.empty() && !busy_; });
  // The others may never come to their end.
  const bool broken = !failure_.empty();
  if (!broken) initialized_ = false;
  busy_ = !broken;
  lock.unlock();
  if (broken) {
    end_job(1);
    return;
  }
  mpi_->send_farewells();
  // Messages that nobody received would be an error, and a rank that fails from now on can still end this one.
  if (info_.size > 1) look_for_farewells(true);
  mpi_->finalize();
}

void Communicator::end_job(int code) {
  std::unique_lock lock(mutex_);
  if (!initialized_) return;
  ending_ = true;
  done_.wait_for(lock, kEndPatience, [&] { return !busy_; });
  lock.unlock();
  mpi_->end_job(code);
}

void Communicator::at_exit() {
  Communicator& self = instance();
  if (self.code_at_exit_ != 0) self.end_job(self.code_at_exit_);
}

}  // namespace strided
