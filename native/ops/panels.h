// How the columns of a product are cut into panels, and how a panel is packed.
#pragma once

#include "context.h"

namespace strided {

// Panels of up to max_vectors registers, as equal as possible: 7 registers become 4 + 3 and not 4 + 2 + 1.
class Panels {
 public:
  Panels(const GemmKernels& kernels, int64_t columns)
      : lanes_(kernels.lanes),
        columns_(columns),
        vectors_(ceil_div(columns, kernels.lanes)),
        count_(ceil_div(vectors_, kernels.max_vectors)) {}

  int64_t count() const { return count_; }
  int64_t first_vector(int64_t panel) const { return panel * vectors_ / count_; }
  int vectors(int64_t panel) const { return static_cast<int>(first_vector(panel + 1) - first_vector(panel)); }
  int64_t first_column(int64_t panel) const { return first_vector(panel) * lanes_; }
  // Columns that exist, and columns that the packed panel has.
  int64_t columns(int64_t panel) const {
    const int64_t end = first_column(panel + 1);
    return (end < columns_ ? end : columns_) - first_column(panel);
  }
  int64_t width(int64_t panel) const { return int64_t{vectors(panel)} * lanes_; }
  int64_t max_width() const { return ceil_div(vectors_, count_) * lanes_; }
  // Columns of all packed panels together.
  int64_t total_width() const { return vectors_ * lanes_; }

 private:
  int64_t lanes_;
  int64_t columns_;
  int64_t vectors_;
  int64_t count_;
};

}  // namespace strided
