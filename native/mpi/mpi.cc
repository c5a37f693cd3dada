#include "mpi.h"

#include <cstring>

#include "abi.h"
#include "shared_library.h"

namespace strided {
namespace {

// Of messages between two ranks; only farewells are sent so.
constexpr int kFarewellTag = 1;

template <typename Function>
void find(const SharedLibrary& library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(library.symbol(name));
  if (function == nullptr) throw MpiError{std::string("the MPI library has no ") + name};
}

int find_handle(const SharedLibrary&, int number) { return number; }

void* find_handle(const SharedLibrary& library, const char* name) {
  void* address = library.symbol(name);
  if (address == nullptr) throw MpiError{std::string("the MPI library has no ") + name};
  return address;
}

// The functions of one library, under MPI's names without their prefix.
template <typename H>
struct Functions {
  int (*init_thread)(int*, char***, int, int*);
  int (*finalize)();
  int (*end_job)(H, int);
  int (*comm_rank)(H, int*);
  int (*comm_size)(H, int*);
  int (*comm_dup)(H, H*);
  int (*comm_split_type)(H, int, int, H, H*);
  int (*comm_set_errhandler)(H, H);
  int (*error_string)(int, char*, int*);
  int (*get_library_version)(char*, int*);
  int (*test)(H*, int*, void*);
  int (*ibarrier)(H, H*);
  int (*ibcast)(void*, int, H, int, H, H*);
  int (*iallgather)(const void*, int, H, void*, int, H, H, H*);
  int (*iallgatherv)(const void*, int, H, void*, const int*, const int*, H, H, H*);
  int (*ialltoallv)(const void*, const int*, const int*, H, void*, const int*, const int*, H, H, H*);
  int (*iallreduce)(const void*, void*, int, H, H, H, H*);
  int (*allreduce)(const void*, void*, int, H, H, H);
  int (*send)(const void*, int, H, int, int, H);
  int (*recv)(void*, int, H, int, int, H, void*);
  int (*iprobe)(int, int, H, int*, void*);

  explicit Functions(const SharedLibrary& library) {
    find(library, "MPI_Init_thread", init_thread);
    find(library, "MPI_Finalize", finalize);
    find(library, "MPI_Abort", end_job);
    find(library, "MPI_Comm_rank", comm_rank);
    find(library, "MPI_Comm_size", comm_size);
    find(library, "MPI_Comm_dup", comm_dup);
    find(library, "MPI_Comm_split_type", comm_split_type);
    find(library, "MPI_Comm_set_errhandler", comm_set_errhandler);
    find(library, "MPI_Error_string", error_string);
    find(library, "MPI_Get_library_version", get_library_version);
    find(library, "MPI_Test", test);
    find(library, "MPI_Ibarrier", ibarrier);
    find(library, "MPI_Ibcast", ibcast);
    find(library, "MPI_Iallgather", iallgather);
    find(library, "MPI_Iallgatherv", iallgatherv);
    find(library, "MPI_Ialltoallv", ialltoallv);
    find(library, "MPI_Iallreduce", iallreduce);
    find(library, "MPI_Allreduce", allreduce);
    find(library, "MPI_Send", send);
    find(library, "MPI_Recv", recv);
    find(library, "MPI_Iprobe", iprobe);
  }
};

template <typename Abi>
class MpiOf : public Mpi {
  using Handle = typename Abi::Handle;

 public:
  explicit MpiOf(const SharedLibrary& library) : f_(library) {
    const auto handle = [&](auto name) { return find_handle(library, name); };
    world_ = handle(Abi::kCommWorld);
    byte_ = handle(Abi::kByte);
    info_null_ = handle(Abi::kInfoNull);
    errors_return_ = handle(Abi::kErrorsReturn);
    types_[static_cast<int>(ElementType::float32)] = handle(Abi::kFloat);
    types_[static_cast<int>(ElementType::int32)] = handle(Abi::kInt32);
    types_[static_cast<int>(ElementType::uint8)] = handle(Abi::kUint8);
    types_[static_cast<int>(ElementType::int64)] = handle(Abi::kInt64);
    ops_[static_cast<int>(ReduceOp::sum)] = handle(Abi::kSum);
    ops_[static_cast<int>(ReduceOp::max)] = handle(Abi::kMax);
    ops_[static_cast<int>(ReduceOp::min)] = handle(Abi::kMin);
  }

  MpiInfo initialize() override {
    int level = 0;
    check("MPI_Init_thread", f_.init_thread(nullptr, nullptr, kThreadSerialized, &level));
    if (level < kThreadSerialized) {
      throw MpiError{"the MPI library was built without support for threads (MPI_THREAD_SERIALIZED)"};
    }
    MpiInfo info;
    info.family = Abi::kFamily;
    std::vector<char> text(kMostVersionText, '\0');
    int length = 0;
    check("MPI_Get_library_version", f_.get_library_version(text.data(), &length));
    info.version = text.data();
    check("MPI_Comm_rank", f_.comm_rank(world_, &info.rank));
    check("MPI_Comm_size", f_.comm_size(world_, &info.size));
    check("MPI_Comm_dup", f_.comm_dup(world_, &work_));
    check("MPI_Comm_dup", f_.comm_dup(world_, &control_));
    for (const Handle comm : {work_, control_}) {
      check("MPI_Comm_set_errhandler", f_.comm_set_errhandler(comm, errors_return_));
    }
    Handle local;
    check("MPI_Comm_split_type", f_.comm_split_type(world_, Abi::kCommTypeShared, info.rank, info_null_, &local));
    check("MPI_Comm_rank", f_.comm_rank(local, &info.local_rank));
    check("MPI_Comm_size", f_.comm_size(local, &info.local_size));
    rank_ = info.rank;
    size_ = info.size;
    return info;
  }

  void finalize() override { check("MPI_Finalize", f_.finalize()); }
  void end_job(int code) override { f_.end_job(world_, code); }

  void begin_barrier() override { check("MPI_Ibarrier", f_.ibarrier(work_, &request_)); }

  void begin_broadcast(void* data, int count, ElementType type, int root) override {
    check("MPI_Ibcast", f_.ibcast(data, count, of(type), root, work_, &request_));
  }

  void begin_all_gather(const void* data, void* receive, int count, ElementType type) override {
    check("MPI_Iallgather", f_.iallgather(data, count, of(type), receive, count, of(type), work_, &request_));
  }

  void begin_all_reduce(void* data, int count, ElementType type, ReduceOp op) override {
    check("MPI_Iallreduce", f_.iallreduce(in_place(), data, count, of(type), of(op), work_, &request_));
  }

  void begin_exchange(const float* data, const Stretches& send, float* receive, const Stretches& received) override {
    const Handle type = of(ElementType::float32);
    check("MPI_Ialltoallv", f_.ialltoallv(data, send.counts.data(), send.offsets.data(), type, receive,
                                          received.counts.data(), received.offsets.data(), type, work_, &request_));
  }

  void begin_spread(float* data, const Stretches& stretches) override {
    const Handle type = of(ElementType::float32);
    check("MPI_Iallgatherv", f_.iallgatherv(in_place(), 0, type, data, stretches.counts.data(),
                                            stretches.offsets.data(), type, work_, &request_));
  }

  bool test() override {
    int done = 0;
    check("MPI_Test", f_.test(&request_, &done, status_ignore()));
    return done != 0;
  }

  void all_reduce(void* data, int count, ElementType type, ReduceOp op) override {
    check("MPI_Allreduce", f_.allreduce(in_place(), data, count, of(type), of(op), work_));
  }

  void send_farewells() override {
    for (int other = 0; other < size_; other++) {
      if (other == rank_) continue;
      check("MPI_Send", f_.send(&rank_, sizeof rank_, byte_, other, kFarewellTag, control_));
    }
  }

  int receive_farewell() override {
    int waiting = 0;
    check("MPI_Iprobe", f_.iprobe(Abi::kAnySource, kFarewellTag, control_, &waiting, status_ignore()));
    if (waiting == 0) return -1;
    int from = -1;
    check("MPI_Recv", f_.recv(&from, sizeof from, byte_, Abi::kAnySource, kFarewellTag, control_, status_ignore()));
    return from;
  }

 private:
  static void* in_place() { return reinterpret_cast<void*>(Abi::kInPlace); }
  static void* status_ignore() { return reinterpret_cast<void*>(Abi::kStatusIgnore); }
  Handle of(ElementType type) const { return types_[static_cast<int>(type)]; }
  Handle of(ReduceOp op) const { return ops_[static_cast<int>(op)]; }

  void check(const char* name, int code) const {
    if (code == 0) return;
    char text[kMostErrorText] = "";
    int length = 0;
    f_.error_string(code, text, &length);
    throw MpiError{std::string(name) + ": " + text};
  }

  Functions<Handle> f_;
  Handle world_, byte_, info_null_, errors_return_;
  Handle types_[4], ops_[3];
  // Of the library alone: nothing that other code of the process sends can be taken for its messages.
  Handle work_{}, control_{};
  Handle request_{};
  int rank_ = 0, size_ = 1;
};

}  // namespace

std::unique_ptr<Mpi> make_mpi(const SharedLibrary& library) {
  if (library.symbol("MPI_Init_thread") == nullptr) throw MpiError{"it is no MPI library: it has no MPI_Init_thread"};
  if (library.symbol(OpenMpiAbi::kCommWorld) != nullptr) return std::make_unique<MpiOf<OpenMpiAbi>>(library);
  // Open MPI's names tell it from all others; what shares MPICH's ABI has many vendors and no name in common.
  return std::make_unique<MpiOf<MpichAbi>>(library);
}

}  // namespace strided
