import { expect } from 'vitest'
import { functional as F, manualSeed, type nn, noGrad, optim, randn, type Tensor, tensor } from '../../lib/index.ts'

/** Shapes of a model's state by name, in its order. */
export function shapesOf(model: nn.Module): Record<string, number[]> {
  return Object.fromEntries(Object.entries(model.stateDict()).map(([name, value]) => [name, [...value.shape]]))
}

/** Number of a model's trained numbers. */
export function parameterCount(model: nn.Module): number {
  return [...model.parameters()].reduce((sum, { size }) => sum + size, 0)
}

/** Shape of what a model makes of images, outside training. */
export function outputShape(model: nn.Module, shape: number[]): readonly number[] {
  return noGrad(() => model.eval().forward(randn(shape))).shape
}

/** State names of a layer's weight and its normalization, as torch has them. */
export function normNames(name: string): string[] {
  return ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((field) => `${name}.${field}`)
}

/**
 * One step of gradient descent on a fixed batch of four images and as many classes. Every parameter gets a gradient that
 * is finite and not 0 throughout, and a step along all of them lowers the loss as it says: by the step length times the
 * square of its norm, to first order.
 */
export function expectStepToHelp(model: nn.Module, size: readonly [number, number, number]): void {
  manualSeed(11)
  const input = randn([4, ...size])
  const target = tensor(Int32Array.of(0, 1, 2, 3), { dtype: 'int32' })
  const loss = (): Tensor => {
    // The same elements are dropped each time.
    manualSeed(12)
    return F.crossEntropy(model.forward(input), target)
  }
  const before = loss()
  before.backward()
  let squares = 0
  for (const [name, { grad }] of model.namedParameters()) {
    const square = Number(grad?.square().sum().item())
    expect(Number.isFinite(square) && square > 0, `gradient of ${name}: sum of squares ${square}`).toBe(true)
    squares += square
  }
  const expected = 1e-3
  new optim.SGD(model.parameters(), { lr: expected / squares }).step()
  const decrease = Number(before.item()) - Number(noGrad(loss).item())
  expect(decrease / expected, 'decrease over what the gradient says').toBeGreaterThan(0.8)
  expect(decrease / expected, 'decrease over what the gradient says').toBeLessThan(1.2)
}
