#include "../ops/random.h"

#include "ops.h"

namespace strided::binding {
namespace {

RandomStream read_stream(const Fields& f) {
  return {static_cast<uint64_t>(f.integer("seed")), static_cast<uint64_t>(f.integer("offset"))};
}

}  // namespace

void random_uniform(Call& call) {
  const Fields f = call.problem();
  const int64_t size = f.integer("size");
  const double low = f.number("low");
  const double high = f.number("high");
  call.run(strided::random_uniform, read_stream(f), size, low, high, call.floats(size));
}

void random_normal(Call& call) {
  const Fields f = call.problem();
  const int64_t size = f.integer("size");
  const double mean = f.number("mean");
  const double std = f.number("std");
  call.run(strided::random_normal, read_stream(f), size, mean, std, call.floats(size));
}

void dropout(Call& call) {
  const Fields f = call.problem();
  DropoutProblem p{};
  p.n = f.integer("n");
  p.spatial = f.integer("spatial");
  p.c = f.integer("c");
  p.p = f.number("p");
  if (!(p.p >= 0 && p.p <= 1)) throw ArgumentError{"p must lie in [0, 1]"};
  p.scale = static_cast<float>(f.number("scale"));
  p.shift = static_cast<float>(f.number("shift"));
  p.dropped = static_cast<float>(f.number("dropped"));
  p.channelwise = f.boolean("channelwise");
  p.stream = read_stream(f);
  const int64_t size = product({p.n, p.spatial, p.c});
  const float* input = call.floats(size);
  float* output = call.floats(size);
  if (size > 0) call.run(strided::dropout, p, input, output);
}

}  // namespace strided::binding
