// How the columns of a product are cut into panels, and how a panel is packed.
#pragma once

#include "context.h"

namespace strided {

// Panels of up to max_units units, as equal as possible: 7 registers become 4 + 3 and not 4 + 2 + 1. A unit is half a
// register; only the last panel may have an odd number of them.
class Panels {
 public:
  Panels(const GemmKernels& kernels, int64_t columns) : Panels(kernels, columns, kernels.max_units) {}
  // Panels of a product of so many rows at a time, whose weights come from L2.
  static Panels for_rows(const GemmKernels& kernels, int64_t columns, int64_t rows) {
    return {kernels, columns, kernels.panel_registers(rows) * kernels.register_units};
  }

  int64_t count() const { return count_; }
  int64_t first_column(int64_t panel) const { return first_unit(panel) * unit_; }
  int units(int64_t panel) const { return static_cast<int>(first_unit(panel + 1) - first_unit(panel)); }
  // Columns that exist, and columns that the packed panel has.
  int64_t columns(int64_t panel) const {
    const int64_t end = first_column(panel + 1);
    return (end < columns_ ? end : columns_) - first_column(panel);
  }
  int64_t width(int64_t panel) const { return int64_t{units(panel)} * unit_; }
  int64_t max_width() const {
    int64_t most = 0;
    for (int64_t i = 0; i < count_; i++) most = width(i) > most ? width(i) : most;
    return most;
  }
  // Columns of all packed panels together.
  int64_t total_width() const { return units_ * unit_; }

 private:
  Panels(const GemmKernels& kernels, int64_t columns, int64_t max_units)
      : unit_(kernels.unit),
        columns_(columns),
        units_(ceil_div(columns, kernels.unit)),
        register_units_(kernels.register_units),
        registers_(ceil_div(units_, kernels.register_units)),
        count_(ceil_div(units_, max_units)) {}

  int64_t first_unit(int64_t panel) const {
    return panel == count_ ? units_ : panel * registers_ / count_ * register_units_;
  }

  int64_t unit_;
  int64_t columns_;
  int64_t units_;
  int64_t register_units_;
  int64_t registers_;
  int64_t count_;
};

}  // namespace strided
