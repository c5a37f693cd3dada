// What mpi.h of the two families says, so that neither has to be installed where this is built. Handles are whole
// numbers in MPICH and everything that shares its ABI (Intel MPI, MVAPICH, Cray MPI), addresses of objects of the
// library in Open MPI. The numbers have been the same in all versions since MPICH 3.1 and Open MPI 1.7: they are the
// ABI. `npm run test:mpi` compares them with the headers that are installed.
#pragma once

#include <cstdint>

namespace strided {

struct MpichAbi {
  using Handle = int;
  static constexpr const char* kFamily = "MPICH";
  static constexpr Handle kCommWorld = 0x44000000;
  static constexpr Handle kByte = 0x4c00010d;
  static constexpr Handle kFloat = 0x4c00040a;
  static constexpr Handle kInt32 = 0x4c000439;
  static constexpr Handle kInt64 = 0x4c00083a;
  static constexpr Handle kUint8 = 0x4c00013b;
  static constexpr Handle kMax = 0x58000001;
  static constexpr Handle kMin = 0x58000002;
  static constexpr Handle kSum = 0x58000003;
  static constexpr Handle kErrorsReturn = 0x54000001;
  static constexpr Handle kInfoNull = 0x1c000000;
  static constexpr int kCommTypeShared = 1;
  static constexpr int kAnySource = -2;
  static constexpr intptr_t kInPlace = -1;
  static constexpr intptr_t kStatusIgnore = 1;
};

// The handles are the addresses of these symbols.
struct OpenMpiAbi {
  using Handle = void*;
  static constexpr const char* kFamily = "Open MPI";
  static constexpr const char* kCommWorld = "ompi_mpi_comm_world";
  static constexpr const char* kByte = "ompi_mpi_byte";
  static constexpr const char* kFloat = "ompi_mpi_float";
  static constexpr const char* kInt32 = "ompi_mpi_int32_t";
  static constexpr const char* kInt64 = "ompi_mpi_int64_t";
  static constexpr const char* kUint8 = "ompi_mpi_uint8_t";
  static constexpr const char* kMax = "ompi_mpi_op_max";
  static constexpr const char* kMin = "ompi_mpi_op_min";
  static constexpr const char* kSum = "ompi_mpi_op_sum";
  static constexpr const char* kErrorsReturn = "ompi_mpi_errors_return";
  static constexpr const char* kInfoNull = "ompi_mpi_info_null";
  static constexpr int kCommTypeShared = 0;
  static constexpr int kAnySource = -1;
  static constexpr intptr_t kInPlace = 1;
  static constexpr intptr_t kStatusIgnore = 0;
};

// The same in both.
constexpr int kThreadSerialized = 2;
constexpr int kMostErrorText = 512;
constexpr int kMostVersionText = 8192;

}  // namespace strided
