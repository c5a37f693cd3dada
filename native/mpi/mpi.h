// The part of MPI that data-parallel training needs, over whichever library the machine has.
//
// An operation that is begun goes on until `test` says that it is done; one at a time. Every function but `all_reduce`
// returns at once or is local, so that who waits can look at other things meanwhile. Functions throw MpiError with the
// library's own words.
//
// No two threads may be in these functions at the same time (MPI_THREAD_SERIALIZED).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strided {

class SharedLibrary;

struct MpiError {
  std::string message;
};

enum class ElementType { float32, int32, uint8, int64 };
enum class ReduceOp { sum, max, min };

struct MpiInfo {
  std::string family;
  std::string version;
  int rank = 0;
  int size = 1;
  // Among the ranks that share this machine's memory.
  int local_rank = 0;
  int local_size = 1;
};

// One stretch of elements for each rank.
struct Stretches {
  std::vector<int> counts;
  std::vector<int> offsets;
};

class Mpi {
 public:
  virtual ~Mpi() = default;

  virtual MpiInfo initialize() = 0;
  virtual void finalize() = 0;
  // MPI_Abort: ends all processes of the job; may return when the library leaves that to the launcher.
  virtual void end_job(int code) = 0;

  virtual void begin_barrier() = 0;
  virtual void begin_broadcast(void* data, int count, ElementType type, int root) = 0;
  // `receive` holds `count` elements of every rank, in the order of ranks.
  virtual void begin_all_gather(const void* data, void* receive, int count, ElementType type) = 0;
  virtual void begin_all_reduce(void* data, int count, ElementType type, ReduceOp op) = 0;
  // Rank r gets stretch `send[r]` of every rank, which lie one after the other, as `receive` says, in the order of
  // ranks.
  virtual void begin_exchange(const float* data, const Stretches& send, float* receive, const Stretches& received) = 0;
  // Every rank's own stretch of `data` goes to all others.
  virtual void begin_spread(float* data, const Stretches& stretches) = 0;
  virtual bool test() = 0;

  // The library's fastest way, without returning in between.
  virtual void all_reduce(void* data, int count, ElementType type, ReduceOp op) = 0;

  // Tells all other ranks that this one ends.
  virtual void send_farewells() = 0;
  // The rank of one that has said so, -1 when there is no news.
  virtual int receive_farewell() = 0;
};

// Recognises the family of a library that was opened; throws MpiError where it is none that is known.
std::unique_ptr<Mpi> make_mpi(const SharedLibrary& library);

}  // namespace strided
