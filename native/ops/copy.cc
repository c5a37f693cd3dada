#include "copy.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace strided {
namespace {

template <typename T>
void copy_row(int64_t length, const T* input, int64_t input_stride, T* output, int64_t output_stride) {
  if (input_stride == 1 && output_stride == 1) {
    std::memcpy(output, input, sizeof(T) * static_cast<size_t>(length));
  } else if (output_stride == 1) {
    for (int64_t i = 0; i < length; i++) output[i] = input[i * input_stride];
  } else {
    for (int64_t i = 0; i < length; i++) output[i * output_stride] = input[i * input_stride];
  }
}

// Where input and output run along different dimensions (a transposition, NCHW to NHWC), the plane of the two is copied
// in blocks of kTile squared, so that each cache line that is fetched is used whole.
constexpr int64_t kTile = 16;

// The dimension beside the innermost in which the input is contiguous, or -1.
int64_t crossing_dimension(const StridedShape<2>& shape) {
  if (shape.size.empty() || shape.row_stride(0) == 1) return -1;
  for (size_t d = 0; d + 1 < shape.size.size(); d++) {
    if (shape.stride[0][d] == 1) return static_cast<int64_t>(d);
  }
  return -1;
}

// A transposition of 32-bit elements that leaves no gaps runs on registers, whatever the elements are.
template <typename T>
bool transposes(int64_t length, int64_t input_row, int64_t output_row, int64_t output_stride) {
  return sizeof(T) == sizeof(float) && input_row == 1 && output_stride == 1 && output_row == length;
}

template <typename T>
void copy_plane(int64_t rows, int64_t length, const T* input, int64_t input_row, int64_t input_stride, T* output,
                int64_t output_row, int64_t output_stride) {
  for (int64_t r = 0; r < rows; r += kTile) {
    const int64_t r_end = std::min(rows, r + kTile);
    for (int64_t i = 0; i < length; i += kTile) {
      const int64_t i_end = std::min(length, i + kTile);
      for (int64_t row = r; row < r_end; row++) {
        copy_row(i_end - i, input + row * input_row + i * input_stride, input_stride,
                 output + row * output_row + i * output_stride, output_stride);
      }
    }
  }
}

template <typename T>
void copy_typed(const Context& context, StridedShape<2> shape, const T* input, T* output) {
  shape.innermost_along(1);
  const int64_t length = shape.row_length();
  const int64_t crossing = crossing_dimension(shape);
  int64_t rows = 1;
  int64_t input_row = 0;
  int64_t output_row = 0;
  if (crossing >= 0) {
    const size_t d = static_cast<size_t>(crossing);
    rows = shape.size[d];
    input_row = shape.stride[0][d];
    output_row = shape.stride[1][d];
    shape.size[d] = 1;
  }
  const Slices slices(shape.rows(), std::max<int64_t>(1, kStreamSlice / (length * rows)));
  const bool transposed = transposes<T>(length, input_row, output_row, shape.row_stride(1));
  context.parallel(slices.count, [&](int64_t i, int) {
    for (int64_t row = slices.begin(i); row < slices.end(i); row++) {
      const auto at = shape.offsets(row);
      if (transposed) {
        context.kernels->pack.transposed(rows, length, length, reinterpret_cast<const float*>(input + at[0]),
                                         shape.row_stride(0), reinterpret_cast<float*>(output + at[1]));
        continue;
      }
      copy_plane(rows, length, input + at[0], input_row, shape.row_stride(0), output + at[1], output_row,
                 shape.row_stride(1));
    }
  });
}

// Towards zero. What does not fit, NaN included, becomes the lowest number, as the instruction of x86 and so PyTorch
// there has it; to uint8 by way of int64, so modulo 256.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Wide = std::conditional_t<sizeof(To) == 1, int64_t, To>;
    constexpr From kLimit = static_cast<From>(uint64_t{1} << (8 * sizeof(Wide) - 1));
    if (!(value >= -kLimit && value < kLimit)) return static_cast<To>(std::numeric_limits<Wide>::min());
    return static_cast<To>(static_cast<Wide>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To>
void cast_typed(const Context& context, int64_t size, const void* input, void* output) {
  const From* from = static_cast<const From*>(input);
  To* to = static_cast<To*>(output);
  const Slices slices(size, kStreamSlice);
  context.parallel(slices.count, [&](int64_t i, int) {
    for (int64_t j = slices.begin(i); j < slices.end(i); j++) to[j] = convert<To>(from[j]);
  });
}

template <typename From>
void cast_from(const Context& context, int64_t size, DType to, const void* input, void* output) {
  switch (to) {
    case DType::float32:
      return cast_typed<From, float>(context, size, input, output);
    case DType::int32:
      return cast_typed<From, int32_t>(context, size, input, output);
    case DType::uint8:
      return cast_typed<From, uint8_t>(context, size, input, output);
    case DType::int64:
      return cast_typed<From, int64_t>(context, size, input, output);
  }
}

}  // namespace

void copy(const Context& context, int64_t item, StridedShape<2> shape, const void* input, void* output) {
  if (item == 1) {
    copy_typed(context, std::move(shape), static_cast<const uint8_t*>(input), static_cast<uint8_t*>(output));
  } else if (item == 4) {
    copy_typed(context, std::move(shape), static_cast<const uint32_t*>(input), static_cast<uint32_t*>(output));
  } else {
    copy_typed(context, std::move(shape), static_cast<const uint64_t*>(input), static_cast<uint64_t*>(output));
  }
}

void cast(const Context& context, int64_t size, DType from, DType to, const void* input, void* output) {
  switch (from) {
    case DType::float32:
      return cast_from<float>(context, size, to, input, output);
    case DType::int32:
      return cast_from<int32_t>(context, size, to, input, output);
    case DType::uint8:
      return cast_from<uint8_t>(context, size, to, input, output);
    case DType::int64:
      return cast_from<int64_t>(context, size, to, input, output);
  }
}

int64_t find_bad_index(int64_t rows, int64_t source_rows, const int32_t* indices) {
  for (int64_t i = 0; i < rows; i++) {
    if (indices[i] < 0 || indices[i] >= source_rows) return i;
  }
  return -1;
}

void gather_rows(const Context& context, int64_t rows, int64_t row_bytes, const void* input, const int32_t* indices,
                 void* output) {
  const Slices slices(rows, std::max<int64_t>(1, 4 * kStreamSlice / std::max<int64_t>(row_bytes, 1)));
  context.parallel(slices.count, [&](int64_t i, int) {
    for (int64_t row = slices.begin(i); row < slices.end(i); row++) {
      std::memcpy(static_cast<char*>(output) + row * row_bytes,
                  static_cast<const char*>(input) + indices[row] * row_bytes, static_cast<size_t>(row_bytes));
    }
  });
}

}  // namespace strided
