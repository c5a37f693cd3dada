import { noGrad } from '../../autograd/grad_mode.ts'
import { add, mul } from '../../ops/arithmetic.ts'
import { indexSelect } from '../../ops/index_select.ts'
import { slice } from '../../ops/slice.ts'
import { tensor } from '../../tensor/create.ts'
import { copyElements, type Tensor } from '../../tensor/tensor.ts'
import { tidy } from '../../tensor/tidy.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../../util/errors.ts'
import type { LabelledBatch } from '../dataset.ts'
import type { Generator } from '../generator.ts'

/** A change to a whole batch, for `batchTransform` of a loader; targets become probabilities, float32 `[N, classes]`. */
export type BatchMix = (batch: LabelledBatch, generator: Generator) => LabelledBatch

/**
 * How unequal the shares are that {@link mixup} and {@link cutmix} draw: below 1 mostly one of the images, above it
 * near halves.
 */
export interface MixOptions {
  /** Of the Beta distribution that the share is drawn from, Beta(alpha, alpha); above 0. Default 1, which is even. */
  alpha?: number
}

/**
 * Blends each image with the one before it in the batch, and their targets alike:
 * `λ · input[n] + (1 − λ) · input[n − 1]`, one λ ~ Beta(α, α) a batch.
 *
 * @param numClasses - size of the targets.
 * @throws {RangeError} when a number is not positive; when applied, when a target is no class.
 *
 * Source: Zhang, Cisse, Dauphin and Lopez-Paz 2018, "mixup: beyond empirical risk minimization"; torchvision's MixUp.
 *
 * @example
 * const loader = new DataLoader(train, { batchSize: 128, shuffle: true, batchTransform: transforms.mixup(10) })
 */
export function mixup(numClasses: number, options: MixOptions = {}): BatchMix {
  const op = 'mixup'
  const alpha = checkMix(op, numClasses, options)
  return ([input, target], generator) => {
    checkTarget(op, target, numClasses, input)
    const share = beta(generator, alpha)
    const mixed = noGrad(() => tidy(() => add(mul(input, share), mul(rolled(input), 1 - share))))
    return replaced([input, target], mixed, share, numClasses)
  }
}

/**
 * Pastes a rectangle of the image before it in the batch over each image, and mixes the targets by area: of a box of
 * `√(1 − λ)` of height and width about a random place, λ ~ Beta(α, α), the part that lies in the image.
 *
 * @param numClasses - size of the targets.
 * @throws {RangeError} as {@link mixup}.
 *
 * Source: Yun et al. 2019, "CutMix: regularization strategy to train strong classifiers"; torchvision's CutMix.
 */
export function cutmix(numClasses: number, options: MixOptions = {}): BatchMix {
  const op = 'cutmix'
  const alpha = checkMix(op, numClasses, options)
  return ([input, target], generator) => {
    checkTarget(op, target, numClasses, input)
    if (input.ndim !== 4) throw new ShapeError(`${op}: expected images [N, C, H, W]; input [${input.shape.join(', ')}]`)
    const [, , height, width] = input.shape
    const side = 0.5 * Math.sqrt(1 - beta(generator, alpha))
    const [x, y] = [generator.integer(width), generator.integer(height)]
    const [halfWidth, halfHeight] = [Math.trunc(side * width), Math.trunc(side * height)]
    const [left, right] = [Math.max(0, x - halfWidth), Math.min(width, x + halfWidth)]
    const [top, bottom] = [Math.max(0, y - halfHeight), Math.min(height, y + halfHeight)]
    const mixed = noGrad(() =>
      tidy(() => {
        const output = mul(input, 1)
        const window = (whole: Tensor) => slice(slice(whole, 2, top, bottom), 3, left, right)
        if (bottom > top && right > left) copyElements(op, window(rolled(input)), window(output))
        return output
      }),
    )
    const share = 1 - ((bottom - top) * (right - left)) / (height * width)
    return replaced([input, target], mixed, share, numClasses)
  }
}

/**
 * One of several changes a batch, each equally likely.
 *
 * @throws {RangeError} when there is none.
 *
 * @example
 * transforms.randomChoice([transforms.mixup(10), transforms.cutmix(10)])
 */
export function randomChoice(changes: readonly BatchMix[]): BatchMix {
  if (changes.length === 0) throw new RangeError('randomChoice: expected at least one change, got none')
  return (batch, generator) => changes[generator.integer(changes.length)](batch, generator)
}

function checkMix(op: string, numClasses: number, options: MixOptions): number {
  checkOptions(op, options, ['alpha'])
  checkInteger(op, 'numClasses', numClasses, 1)
  const { alpha = 1 } = options
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${op}: expected alpha to be a positive number, got ${alpha}`)
  }
  return alpha
}

function checkTarget(op: string, target: Tensor, numClasses: number, input: Tensor): void {
  if (target.dtype !== 'int32' && target.dtype !== 'int64') {
    throw new DTypeError(`${op}: expected targets that are class indices, got ${target.dtype}`)
  }
  if (target.ndim !== 1 || target.shape[0] !== input.shape[0]) {
    throw new ShapeError(
      `${op}: expected one target per image; input [${input.shape.join(', ')}], target [${target.shape.join(', ')}]`,
    )
  }
  const bad = Array.from(target.toTypedArray(), Number).find((label) => label < 0 || label >= numClasses)
  if (bad !== undefined) throw new RangeError(`${op}: expected targets in [0, ${numClasses}), got ${bad}`)
}

/** Each row replaced by the one before it, the first by the last. */
function rolled(input: Tensor): Tensor {
  const [length] = input.shape
  return indexSelect(input, 0, tensor(Int32Array.from({ length }, (_, n) => (n + length - 1) % length)))
}

/** The batch with its targets mixed; what it consisted of is given back. */
function replaced([input, target]: LabelledBatch, mixed: Tensor, share: number, numClasses: number): LabelledBatch {
  const labels = Array.from(target.toTypedArray(), Number)
  const odds = new Float32Array(labels.length * numClasses)
  labels.forEach((label, n) => {
    odds[n * numClasses + label] += share
    odds[n * numClasses + labels[(n + labels.length - 1) % labels.length]] += 1 - share
  })
  input.dispose()
  target.dispose()
  return [mixed, tensor(odds, { shape: [labels.length, numClasses] })]
}

/** A number of Beta(alpha, alpha), by two of Gamma(alpha). */
function beta(generator: Generator, alpha: number): number {
  const [first, second] = [gamma(generator, alpha), gamma(generator, alpha)]
  // Both can be 0 for a tiny alpha; the limit is then one or the other.
  return first + second > 0 ? first / (first + second) : generator.integer(2)
}

/** Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables". */
function gamma(generator: Generator, alpha: number): number {
  if (alpha < 1) return gamma(generator, alpha + 1) * (1 - generator.uniform()) ** (1 / alpha)
  const d = alpha - 1 / 3
  for (;;) {
    const normal = generator.normal()
    const cube = (1 + normal / Math.sqrt(9 * d)) ** 3
    if (cube <= 0) continue
    if (Math.log(1 - generator.uniform()) < 0.5 * normal * normal + d - d * cube + d * Math.log(cube)) return d * cube
  }
}
