#include "pool.h"

#include <string>

namespace strided::binding {
namespace {

// Positions and sizes are 32 bits wide inside, with room for sums of them.
PoolProblem checked(const PoolProblem& p) {
  for (const PoolDim& dim : {p.d, p.h, p.w}) {
    for (const int64_t size : {dim.in, dim.out, dim.kernel, dim.stride, dim.padding, dim.dilation}) {
      if (size > INT32_MAX / 4) throw ArgumentError{"a size is over 2^29"};
    }
    const int64_t reach = product({dim.out, dim.stride});
    if (reach > INT32_MAX / 2 || product({dim.kernel, dim.dilation}) > INT32_MAX / 2) {
      throw ArgumentError{"a window reaches over 2^30"};
    }
  }
  if (product({p.d.in, p.h.in, p.w.in}) > INT32_MAX) throw ArgumentError{"an image has over 2^31 elements"};
  return p;
}

PoolDim read_dim(const Fields& f, const std::string& axis, bool has_dilation) {
  auto field = [&](const char* letter, int64_t least) { return f.integer((letter + axis).c_str(), least); };
  return {field("i", 1), field("o", 1), field("k", 1), field("s", 1), field("p", 0), has_dilation ? field("d", 1) : 1,
          false};
}

PoolDim read_adaptive_dim(const Fields& f, const std::string& axis) {
  return {f.integer(("i" + axis).c_str(), 1), f.integer(("o" + axis).c_str(), 1), 1, 1, 0, 1, true};
}

}  // namespace

PoolProblem read_pool(const Fields& f, bool has_dilation) {
  return checked({f.integer("n", 0), f.integer("c", 1), read_dim(f, "d", has_dilation), read_dim(f, "h", has_dilation),
                  read_dim(f, "w", has_dilation)});
}

PoolProblem read_adaptive_pool(const Fields& f) {
  return checked({f.integer("n", 0), f.integer("c", 1), read_adaptive_dim(f, "d"), read_adaptive_dim(f, "h"),
                  read_adaptive_dim(f, "w")});
}

int64_t pool_inputs(const PoolProblem& p) { return product({p.n, p.d.in, p.h.in, p.w.in, p.c}); }
int64_t pool_outputs(const PoolProblem& p) { return product({p.n, p.d.out, p.h.out, p.w.out, p.c}); }

}  // namespace strided::binding
