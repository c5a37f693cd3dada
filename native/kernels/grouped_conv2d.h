// Convolution of many narrow groups: each has 2, 4 or 8 channels in and as many out, fewer than a register has lanes,
// so that several groups lie side by side in the lanes of one block.
//
//   output[o,l]            = bias[l] + Σ_{h,k,i} source_h[o*step + first + k, group(l) + i] * weight[h,k,i,l]
//   grad_weight[k,i,l]    += Σ_o source[o*step + first + k, group(l) + i] * grad_output[o,l]
//
// where group(l) is the first channel of the group that lane l belongs to; with relu the larger of the output and 0.
// One permutation of a loaded pixel serves all the outputs that it feeds.
//
// Edges    Columns outside the source row are skipped, never multiplied; the caller leaves rows outside out.
// Layout   Pixels channels-last, one block of at most kLanes channels of them; weight [h, k, i, kLanes].
// Slices   One output row of one block of channels.
// Saved    nothing
// Aliasing No two arguments may overlap. taps writes its row; weight adds.
// Cost     2*H*K*group floating-point operations an output: 8 channels, 3x3, on Zen 4 at 80 % of the peak; a
// permutation
//          runs beside the multiply-adds.
// Source   Semantics of torch.nn.functional.conv2d with groups.
#pragma once

#include <cstdint>

#include "../simd/isa.h"

namespace strided {

struct GroupedRow {
  int64_t group;                  // channels of one
  int64_t lanes;                  // channels of the block
  int64_t width, pixel;           // of a source row: columns, and floats between them
  int64_t outputs, output_pixel;  // of an output row, likewise
  int64_t first, step, taps;      // columns that taps read; 1 or 2, and 1 to 3
  bool relu;
  // Rows that the next call on this block will read first, source and grad_output, or write: fetched meanwhile, since
  // pixels lie too far apart for the processor to see it coming. Null where there is none.
  const float* next_source;
  const float* next_output;
};

// Filter rows that fall inside the source.
struct GroupedSource {
  const float* data;  // column 0 under the first of them
  int64_t row;        // floats from one to the next
  int64_t count;
  const float* weight;  // of the first
};

struct GroupedKernels {
  int64_t lanes;  // of a block; groups are narrower, or there is no use in these kernels
  void (*taps)(const GroupedRow& row, const GroupedSource& source, const float* bias, float* output);
  void (*weight)(const GroupedRow& row, const float* source, const float* grad_output, float* grad_weight);
};

template <Isa isa>
const GroupedKernels& grouped_kernels();

}  // namespace strided
