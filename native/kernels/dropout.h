// Random words, and dropout by them.
//
//   words:    word[4*i + w] = word w of the Philox4x32-10 block with counter `counter + i` under the key `seed`
//   apply:    output[i] = word[i] >= threshold ? input[i] * scale + shift : dropped
//   channels: output[c] = the same of input[c] with the words given
//
// Edges    Any size.
// Layout   Any dense one, the same for input and output.
// Slices   A slice starts at an element whose index is a multiple of 4, at the counter of its block.
// Saved    nothing: the same seed and counter make the same mask again.
// Aliasing output may be input.
// Cost     Ten rounds of about 12 instructions for 4 elements a lane.
// Source   Srivastava et al. 2014; Klambauer et al. 2017 for shift and dropped; Salmon et al. 2011 for the generator.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

// What becomes of an element.
struct DropoutRule {
  uint32_t threshold;
  float scale, shift;
  float dropped;
};

struct DropoutKernels {
  void (*words)(uint64_t seed, uint64_t counter, int64_t blocks, uint32_t* words);
  void (*apply)(int64_t size, uint64_t seed, uint64_t counter, const DropoutRule& rule, const float* input,
                float* output);
  void (*channels)(int64_t size, const uint32_t* words, const DropoutRule& rule, const float* input, float* output);
};

template <Isa isa>
const DropoutKernels& dropout_kernels();

}  // namespace strided
