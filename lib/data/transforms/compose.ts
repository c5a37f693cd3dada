import { DTypeError, StateError } from '../../util/errors.ts'
import type { Transform } from './transform.ts'

/**
 * One transform after the other.
 *
 * @throws {DTypeError} when one is no transform.
 *
 * @example
 * const transform = transforms.compose([
 *   transforms.randomCrop(32, { padding: 4 }),
 *   transforms.randomHorizontalFlip(),
 *   transforms.normalize([0.491, 0.482, 0.447], [0.247, 0.243, 0.262]),
 * ])
 */
export function compose(transforms: readonly Transform[]): Transform {
  const bad = transforms.findIndex((one) => typeof one?.apply !== 'function')
  if (bad >= 0) throw new DTypeError(`compose: expected transforms, got ${typeof transforms[bad]} at position ${bad}`)
  return {
    name: 'compose',
    apply(images, streams) {
      for (const transform of transforms) transform.apply(images, streams)
    },
    recipe: () => ({ module: import.meta.url, export: 'compose', args: [transforms.map(recipeOf)] }),
  }
}

/**
 * What workers make a transform from.
 *
 * @throws {StateError} when it has no recipe.
 */
export function recipeOf(transform: Transform): unknown {
  if (transform.recipe === undefined) {
    throw new StateError(
      `DataLoader: expected transforms that workers can make again, got ${transform.name} without a recipe(); ` +
        'give it one that names a module and an export',
    )
  }
  return transform.recipe()
}
