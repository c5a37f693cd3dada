#include "conv_algorithm.h"

namespace strided {
namespace {

// Fewer channels leave most of the work in the transforms.
constexpr int64_t kLeastChannels = 16;
// With a stride of 2, a pixel of the input's gradient sums over 1 to 4 taps: with fewer channels its own rounding would
// be less than 2.5th of that of the transforms.
constexpr int64_t kLeastHalvingChannels = 32;
// What a multiplication of each algorithm costs beside its count: the transforms' share, measured at 64 and 128
// channels.
constexpr double kOverhead4x3 = 1.5;
constexpr double kOverhead2x3 = 1.4;
constexpr double kOverhead2x5 = 1.6;
constexpr double kOverheadHalving = 1.3;

// Multiplications for each channel pair of one image.
double winograd_cost(const ConvProblem& p, int64_t tile, double overhead) {
  const int64_t patch = tile + p.kh - 1;
  const int64_t rows = p.dh * ceil_div(ceil_div(p.oh, p.dh), tile);
  const int64_t columns = p.dw * ceil_div(ceil_div(p.ow, p.dw), tile);
  return overhead * static_cast<double>(rows * columns * patch * patch);
}

bool fits_winograd(const ConvProblem& p) {
  const bool dense = p.g == 1 && p.is_2d() && p.sh == 1 && p.sw == 1;
  const bool square = p.kh == p.kw && (p.kh == 3 || p.kh == 5);
  const int64_t reach_h = (p.kh - 1) * p.dh;
  const int64_t reach_w = (p.kw - 1) * p.dw;
  return dense && square && p.ph <= reach_h && p.pw <= reach_w && p.ic >= kLeastChannels && p.oc >= kLeastChannels &&
         p.oh == p.ih + 2 * p.ph - reach_h && p.ow == p.iw + 2 * p.pw - reach_w;
}

// Whether the four phases of a stride of 2 save multiplications: 81 for each tile of 4 x 4 outputs.
bool wins_by_halving(const ConvProblem& p) {
  const bool dense =
      p.g == 1 && p.is_2d() && p.dh == 1 && p.dw == 1 && p.ic >= kLeastHalvingChannels && p.oc >= kLeastHalvingChannels;
  const bool halves = p.sh == 2 && p.sw == 2 && p.kh == 3 && p.kw == 3 && p.ph == 1 && p.pw == 1;
  const double tiles = static_cast<double>(ceil_div(p.oh, 4) * ceil_div(p.ow, 4));
  return dense && halves && kOverheadHalving * 81 * tiles < static_cast<double>(9 * p.oh * p.ow);
}

// Output positions from which on the weight gradient's own rounding outweighs that of transforms of 6.
constexpr int64_t kLeastPositions = 256;

}  // namespace

ConvAlgorithm conv_algorithm(const ConvProblem& p, ConvPrecision precision) {
  if (precision == ConvPrecision::fast && wins_by_halving(p)) return ConvAlgorithm::winograd_halving;
  if (precision == ConvPrecision::strict || !fits_winograd(p)) return ConvAlgorithm::direct;
  const double direct = static_cast<double>(p.taps() * p.oh * p.ow);
  if (p.kh == 5) {
    const bool wins = precision == ConvPrecision::fast && winograd_cost(p, 2, kOverhead2x5) < direct;
    return wins ? ConvAlgorithm::winograd_2x5 : ConvAlgorithm::direct;
  }
  const double two = winograd_cost(p, 2, kOverhead2x3);
  const double four = winograd_cost(p, 4, kOverhead4x3);
  if (precision == ConvPrecision::fast && four < direct && four <= two) return ConvAlgorithm::winograd_4x3;
  return two < direct ? ConvAlgorithm::winograd_2x3 : ConvAlgorithm::direct;
}

ConvAlgorithm conv_weight_algorithm(const ConvProblem& p, ConvPrecision precision) {
  const bool short_sums = p.n * p.output_pixels() < kLeastPositions;
  return conv_algorithm(p, short_sums && precision == ConvPrecision::fast ? ConvPrecision::medium : precision);
}

}  // namespace strided
