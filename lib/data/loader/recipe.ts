import { FormatError, StateError } from '../../util/errors.ts'
import type { Dataset, Recipe } from '../dataset.ts'

/**
 * What workers make a data set from.
 *
 * @throws {StateError} when it has no recipe.
 */
export function recipeOfDataset(dataset: Pick<Dataset<never>, 'recipe'>): Recipe {
  if (dataset.recipe === undefined) {
    throw new StateError(
      `DataLoader: expected a data set that workers can make again, got ${dataset.constructor.name} without a recipe(); ` +
        'give it one that names a module and an export, or leave workers at 0',
    )
  }
  return dataset.recipe()
}

function isRecipe(value: object): value is Recipe {
  const { module, export: name, args } = value as Partial<Recipe>
  return typeof module === 'string' && typeof name === 'string' && Array.isArray(args)
}

/**
 * Makes what a recipe describes.
 *
 * @throws {FormatError} when the module has no such export.
 */
export async function followRecipe(recipe: Recipe): Promise<unknown> {
  const exports = (await import(recipe.module)) as Record<string, unknown>
  const factory = exports[recipe.export]
  if (typeof factory !== 'function') {
    throw new FormatError(
      `DataLoader: expected an export ${recipe.export} to call, got ${typeof factory}; ${recipe.module}`,
    )
  }
  const args = (await Promise.all(recipe.args.map(followAll))) as never[]
  // Of all functions only classes have a prototype that cannot be set.
  const isClass = Object.getOwnPropertyDescriptor(factory, 'prototype')?.writable === false
  return isClass
    ? new (factory as new (...args: never[]) => unknown)(...args)
    : (factory as (...args: never[]) => unknown)(...args)
}

/** The same value with what recipes in it describe, in lists and plain objects too. */
async function followAll(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return Promise.all(value.map(followAll))
  if (isRecipe(value)) return followRecipe(value)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await followAll(one)]))
  return Object.fromEntries(entries)
}
