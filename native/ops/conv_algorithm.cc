#include "conv_algorithm.h"

namespace strided {
namespace {

// Fewer channels leave most of the work in the transforms.
constexpr int64_t kLeastChannels = 16;
// What a multiplication of each algorithm costs beside its count: the transforms' share, measured at 64 and 128
// channels.
constexpr double kWinograd4Overhead = 1.5;
constexpr double kWinograd2Overhead = 1.4;

// Multiplications for each channel pair of one image.
double winograd_cost(const ConvProblem& p, int64_t tile, double overhead) {
  const int64_t patch = tile + 2;
  return overhead * static_cast<double>(ceil_div(p.oh, tile) * ceil_div(p.ow, tile) * patch * patch);
}

}  // namespace

ConvAlgorithm conv_algorithm(const ConvProblem& p, ConvPrecision precision) {
  const bool fits = p.kh == 3 && p.kw == 3 && p.sh == 1 && p.sw == 1 && p.dh == 1 && p.dw == 1 && p.g == 1 &&
                    p.kd == 1 && p.id == 1 && p.od == 1 && p.ph <= 2 && p.pw <= 2 && p.ic >= kLeastChannels &&
                    p.oc >= kLeastChannels && p.oh == p.ih + 2 * p.ph - 2 && p.ow == p.iw + 2 * p.pw - 2;
  if (!fits || precision == ConvPrecision::strict) return ConvAlgorithm::direct;
  const double direct = static_cast<double>(9 * p.oh * p.ow);
  const double two = winograd_cost(p, 2, kWinograd2Overhead);
  const double four = winograd_cost(p, 4, kWinograd4Overhead);
  if (precision == ConvPrecision::fast && four < direct && four <= two) return ConvAlgorithm::winograd4;
  return two < direct ? ConvAlgorithm::winograd2 : ConvAlgorithm::direct;
}

}  // namespace strided
