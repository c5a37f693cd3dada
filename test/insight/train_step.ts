import {
  functional as F,
  type HealthReport,
  type LayerHealth,
  type nn,
  randn,
  type Tensor,
  tensor,
  tidy,
} from '../../lib/index.ts'

export const labels = (count: number): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => i % 4),
    { dtype: 'int32' },
  )

/** One training step on random images. */
export function train(model: nn.Module, optimizer: { zeroGrad(): void; step(): void }, shape: number[]): void {
  tidy(() => {
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(randn(shape)), labels(shape[0])).backward()
    optimizer.step()
  })
}

export const layer = (report: HealthReport | null, path: string): LayerHealth | undefined =>
  report?.layers.find((one) => one.path === path)
export const norm = (values: Iterable<number>): number => Math.hypot(...values)
export const values = (input: Tensor): number[] => Array.from(input.toTypedArray(), Number)
