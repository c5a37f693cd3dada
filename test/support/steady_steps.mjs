// Takes equal steps of layers that keep their outputs, 96 MB at the height and next to nothing between steps, and prints how
// many full collections the engine made after the first ones. Usage: node steady_steps.mjs STEPS
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { nn, ones } from 'strided'

const layers = Array.from({ length: 24 }, () => new nn.LeakyReLU())
const model = new nn.Sequential(...layers)
const input = ones([1 << 20], { requiresGrad: true })
const step = () => {
  input.grad = null
  const loss = model.forward(input).sum()
  loss.backward()
  loss.dispose()
}
for (let i = 0; i < 5; i++) step()
// Entries of the first steps arrive before the observer is there.
await new Promise((resolve) => setTimeout(resolve, 50))
let collections = 0
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++
})
observer.observe({ entryTypes: ['gc'] })
for (let i = 0; i < Number(process.argv[2]); i++) step()
await new Promise((resolve) => setTimeout(resolve, 50))
process.stdout.write(JSON.stringify({ collections, grad: input.grad.sum().item() }))
