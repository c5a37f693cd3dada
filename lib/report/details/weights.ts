import type { Module } from '../../nn/module.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { FilterStory, WeightMoment, WeightStory } from '../../train/details.ts'
import { rangeOf, toPictureData } from '../viz/picture.ts'
import { filterPictures, firstFilters, sheet } from '../viz/tiles.ts'

/** Parts of a histogram: as fine as a column of a chart shows. */
const BINS = 40

/** Moments that are kept of each weight; with more epochs every second one goes, so that a file stays small. */
const MOST_MOMENTS = 60

/** Filters in a picture: four rows of sixteen are seen at a glance. */
const MOST_FILTERS = 64

function countsOf(values: Float32Array, low: number, high: number): number[] {
  const counts = new Array<number>(BINS).fill(0)
  const factor = high > low ? BINS / (high - low) : 0
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i] - low) * factor)
    // The largest value lies on the upper edge; what is not finite lies nowhere.
    if (bin >= 0 && bin <= BINS) counts[Math.min(bin, BINS - 1)]++
  }
  return counts
}

/** How a weight `[O, …]` looks now. */
export function momentOf(weight: Tensor, epoch: number): WeightMoment {
  const values = weight.toTypedArray() as Float32Array
  const [low, high] = rangeOf(values)
  const rows = weight.shape[0]
  const size = values.length / rows
  const squares = new Float64Array(rows)
  for (let i = 0; i < values.length; i++) squares[Math.floor(i / size)] += values[i] * values[i]
  const norms = squares.map(Math.sqrt).sort()
  return {
    epoch,
    low,
    high,
    counts: countsOf(values, low, high),
    norm: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)),
    filterNorms: [norms[0], norms[rows >> 1], norms[rows - 1]],
  }
}

/** Adds a moment; the first and the newest always stay, and those between lie evenly. */
function addMoment<T extends { epoch: number }>(moments: T[], moment: T): void {
  if (moments.at(-1)?.epoch === moment.epoch) moments.pop()
  moments.push(moment)
  if (moments.length <= MOST_MOMENTS) return
  const kept = moments.filter((_, i) => i % 2 === 0 || i === moments.length - 1)
  moments.splice(0, moments.length, ...kept)
}

/** Notes how all weights of at least two dimensions look behind `epoch`: biases and norms have too few numbers for a shape. */
export function noteWeights(stories: WeightStory[], model: Module, epoch: number): void {
  for (const [name, parameter] of model.namedParameters()) {
    if (parameter.ndim < 2 || parameter.size === 0) continue
    let story = stories.find((one) => one.name === name)
    if (story === undefined) {
      story = { name, shape: [...parameter.shape], moments: [] }
      stories.push(story)
    }
    addMoment(story.moments, momentOf(parameter, epoch))
  }
}

/** Notes how the filters of the first convolution look behind `epoch`; null without one. */
export function noteFilters(story: FilterStory | null, model: Module, epoch: number): FilterStory | null {
  const found = firstFilters(model)
  if (found === null || found[1].size === 0) return null
  const [name, weight] = found
  const noted = story ?? { name, shape: [...weight.shape], moments: [] }
  const picture = toPictureData(sheet(filterPictures(weight, MOST_FILTERS)))
  addMoment(noted.moments, { epoch, picture })
  return noted
}
