// One step of an exponential moving average on a stretch of one tensor.
//
//   average += rest * (value - average)
//
// where rest = 1 - decay is rounded once from double.
//
// Edges    A value that does not change leaves an equal average as it is, to the last bit.
// Layout   Any dense one, the same for both buffers.
// Slices   Elements [0, size); the caller offsets the pointers.
// Saved    nothing
// Aliasing average is updated in place; value may not overlap it.
// Cost     Memory bound: 12 bytes an element. Each operation is rounded by itself, without fused multiply-add, so that
//          every instruction set and the reference give the same bits.
// Source   Polyak and Juditsky 1992; torch.optim.swa_utils.AveragedModel with an exponential average.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct EmaKernels {
  void (*step)(int64_t size, float rest, float* average, const float* value);
};

template <Isa isa>
const EmaKernels& ema_kernels();

}  // namespace strided
