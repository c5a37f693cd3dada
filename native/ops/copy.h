// Moving elements without arithmetic: strided copies, conversions between types, rows picked by index.
#pragma once

#include "context.h"
#include "strided.h"

namespace strided {

enum class DType { float32, int32, uint8, int64 };

constexpr int64_t item_size(DType type) { return type == DType::uint8 ? 1 : type == DType::int64 ? 8 : 4; }

// Buffers of the shape: input, output; strides in elements of `item` bytes (1, 4 or 8).
void copy(const Context& context, int64_t item, StridedShape<2> shape, const void* input, void* output);
void cast(const Context& context, int64_t size, DType from, DType to, const void* input, void* output);
// The first index outside [0, source_rows), or -1.
int64_t find_bad_index(int64_t rows, int64_t source_rows, const int32_t* indices);
void gather_rows(const Context& context, int64_t rows, int64_t row_bytes, const void* input, const int32_t* indices,
                 void* output);

}  // namespace strided
