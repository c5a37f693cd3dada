// Random numbers and dropout from the counter-based generator; a result depends on seed, offset and index alone.
#pragma once

#include "context.h"

namespace strided {

struct RandomStream {
  uint64_t seed;
  uint64_t offset;  // counter of the first block of four words
};

void random_uniform(const Context& context, const RandomStream& stream, int64_t size, double low, double high,
                    float* output);
void random_normal(const Context& context, const RandomStream& stream, int64_t size, double mean, double std,
                   float* output);

struct DropoutProblem {
  int64_t n, spatial, c;
  double p;
  float scale, shift;  // of what is kept
  float dropped;       // what stands for the rest
  bool channelwise;
  RandomStream stream;
};

void dropout(const Context& context, const DropoutProblem& problem, const float* input, float* output);

}  // namespace strided
