#include <climits>

#include "../mpi/communicator.h"
#include "ops.h"

namespace strided::binding {
namespace {

std::string text(Call& call) {
  const napi_value value = call.value();
  size_t length = 0;
  if (napi_get_value_string_utf8(call.env(), value, nullptr, 0, &length) != napi_ok) {
    throw ArgumentError{"expected a string"};
  }
  std::string result(length, '\0');
  napi_get_value_string_utf8(call.env(), value, result.data(), length + 1, &length);
  return result;
}

void* elements(Call& call, ElementType type, int64_t count) {
  switch (type) {
    case ElementType::float32:
    case ElementType::int32:
      return call.optional_buffer<int32_t>(count);
    case ElementType::int64:
      return call.optional_buffer<int64_t>(count);
    case ElementType::uint8:
      break;
  }
  return call.optional_buffer<uint8_t>(count);
}

// The job, its data, and for all_gather where the data of all ranks go.
Job read_job(Call& call) {
  const Fields fields = call.problem();
  Job job;
  job.kind = static_cast<Job::Kind>(
      fields.choice("kind", {"barrier", "broadcast", "allGather", "allReduce", "allReduceInOrder"}));
  job.type = static_cast<ElementType>(fields.choice("dtype", {"float32", "int32", "uint8", "int64"}));
  job.op = static_cast<ReduceOp>(fields.choice("op", {"sum", "max", "min"}));
  const int64_t count = fields.integer("count");
  const int64_t root = fields.integer("root");
  const int64_t size = Communicator::instance().size();
  if (count > INT_MAX / size) throw ArgumentError{"more than 2^31 elements over all ranks"};
  if (root >= size) throw ArgumentError{"rank " + std::to_string(root) + " of " + std::to_string(size)};
  const bool in_order = job.kind == Job::Kind::all_reduce_in_order;
  if (in_order && (job.type != ElementType::float32 || job.op != ReduceOp::sum)) {
    throw ArgumentError{"only float32 sums are reduced in the order of ranks"};
  }
  job.count = static_cast<int>(count);
  job.root = static_cast<int>(root);
  job.data = elements(call, job.type, count);
  job.receive = elements(call, job.type, count * size);
  const bool gathers = job.kind == Job::Kind::all_gather;
  if ((job.data == nullptr && job.kind != Job::Kind::barrier) || gathers != (job.receive != nullptr)) {
    throw ArgumentError{"a buffer is missing or too many"};
  }
  // The thread that talks to other ranks knows nothing of queued calls.
  call.environment().settle();
  return job;
}

}  // namespace

void mpi_open(Call& call) {
  const std::string reason = Communicator::instance().open(text(call));
  napi_value value;
  napi_create_string_utf8(call.env(), reason.data(), reason.size(), &value);
  call.returns(value);
}

void mpi_initialize(Call& call) {
  const MpiInfo info = Communicator::instance().initialize();
  Record result(call.env());
  result.set("family", info.family);
  result.set("version", info.version);
  result.set("rank", info.rank);
  result.set("size", info.size);
  result.set("localRank", info.local_rank);
  result.set("localSize", info.local_size);
  call.returns(result.object());
}

void mpi_submit(Call& call) { call.returns(static_cast<double>(Communicator::instance().submit(read_job(call)))); }

void mpi_wait(Call& call) { Communicator::instance().wait(static_cast<uint64_t>(call.integer())); }

void mpi_run(Call& call) { Communicator::instance().run(read_job(call)); }

void mpi_finalize(Call&) { Communicator::instance().finalize(); }

void mpi_abort(Call& call) {
  const int code = static_cast<int>(call.integer());
  if (call.choice({"now", "atExit"}) == 0) {
    Communicator::instance().end_job(code);
  } else {
    Communicator::instance().end_job_at_exit(code);
  }
}

}  // namespace strided::binding
