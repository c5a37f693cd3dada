// A forward or backward-input convolution as Winograd's three steps: tiles and phases on both sides, and the layout of
// what lies between.
//
//   V  [frequency, tile, depth]          transformed patches; depth is the channels of each phase of the source in turn
//   U  [frequency, panel, depth, width]  transformed weights; the panels of each phase of the target in turn
//   M  [frequency, tile, columns]        products; columns are the channels of each phase of the target in turn
//
// With a stride the forward convolution has the phases on its source's side, backward-input on its target's. A
// frequency that a phase lacks is left alone in all three.
#pragma once

#include "moments.h"
#include "panels.h"
#include "winograd_tiles.h"

namespace strided {

struct WinogradPlan {
  WinogradPhases phases;
  bool scatters;  // phases on the target's side
  WinogradTiles tiles;
  WinogradTarget target;
  int64_t ic, oc;
  Panels panels;  // of one phase
  int64_t frequencies;
  const float* bias;
  Moments* moments;

  int64_t source_phases() const { return scatters ? 1 : phases.count(); }
  int64_t target_phases() const { return scatters ? phases.count() : 1; }
  int64_t depth() const { return source_phases() * ic; }
  int64_t columns() const { return target_phases() * oc; }
  int64_t all_panels() const { return target_phases() * panels.count(); }

  int64_t v_plane(int64_t count) const { return count * depth() + kPlanePadding; }
  int64_t m_plane(int64_t count) const { return count * columns() + kPlanePadding; }
  int64_t u_plane() const { return depth() * target_phases() * panels.total_width() + kPlanePadding; }
  // Where a panel's weights begin in a plane of U.
  int64_t u_panel(int64_t panel) const {
    const int64_t phase = panel / panels.count();
    return (phase * panels.total_width() + panels.first_column(panel % panels.count())) * depth();
  }
  // What of U, and of V and M for one tile, is in use.
  int64_t u_floats() const { return phases.products() * ic * panels.total_width(); }
  int64_t tile_floats() const {
    const int64_t products = phases.products();
    return (scatters ? frequencies : products) * ic + (scatters ? products : frequencies) * oc;
  }

  // The phase of the source, or of the target, that transforms run for.
  WinogradPhase source_phase(int64_t phase) const { return scatters ? phases.whole() : phases[phase]; }
  WinogradPhase target_phase(int64_t phase) const { return scatters ? phases[phase] : phases.whole(); }
  // The phases of the source that frequency f of a panel sums over, none where its own phase lacks f.
  struct Range {
    int64_t begin, end;
  };
  Range sum_phases(int64_t f, int64_t panel) const {
    if (scatters) return {0, target_phase(panel / panels.count()).has(f) ? 1 : 0};
    return {phases.begin(f), phases.end(f)};
  }

  // Patch of `tile` in every phase, from `source` into V at `v`.
  void transform_input(int64_t tile, const float* source, const float* zeros, float* v, int64_t plane) const {
    const float* pixels[kWinogradPixels];
    for (int64_t i = 0; i < source_phases(); i++) {
      const WinogradPhase phase = source_phase(i);
      const WinogradKernels& w = phase.kernels;
      const WinogradPatch patch{phase.row, phase.column, w.patch_rows, w.patch_columns};
      tiles.pixels(tile, patch, source, zeros, pixels);
      w.input(ic, pixels, tiles.ahead(), v + i * ic, plane);
    }
  }

  // Asks for the pixels that tiles write; with phases on this side they are too many at a time.
  void fetch_targets(TileRange range) const {
    if (!scatters) tiles.fetch_targets(range, target);
  }

  // Which part of the moments a tile belongs to, and whether it is the part's first.
  struct Share {
    int64_t part;
    bool starts;
  };

  // Channels [column, column + count) of one phase of a tile, whose products lie at `m`.
  void transform_output(int64_t tile, int64_t phase, int64_t column, int64_t count, const float* m, int64_t plane,
                        Share share) const {
    WinogradTarget image = target;
    if (scatters) {
      image.row = target_row(phases[phase].row);
      image.column = target_row(phases[phase].column);
    }
    WinogradOutput place = tiles.place(tile, image);
    place.data += column;
    target_phase(phase).kernels.output(count, m, plane, bias == nullptr ? nullptr : bias + column, place);
    if (moments == nullptr) return;
    moments->add(share.part, share.starts, column, count,
                 {place.data, place.rows, place.columns, place.row, place.pixel});
  }
  // All channels of all phases of a tile.
  void transform_outputs(int64_t tile, const float* m, int64_t plane, Share share) const {
    for (int64_t phase = 0; phase < target_phases(); phase++) {
      transform_output(tile, phase, 0, oc, m + phase * oc, plane, share);
    }
  }

 private:
  // With a padding of 1, input pixel 2q meets the odd tap alone, and 2q + 1 the even ones.
  int64_t target_row(int64_t first_tap) const { return phases.stride() == 1 ? 0 : 1 - first_tap; }
};

}  // namespace strided
