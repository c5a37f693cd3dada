import type { EpochRecord } from '../../train/run.ts'
import type { PageData } from '../page_data.ts'
import { Chart } from './chart.ts'
import { element, percent } from './dom.ts'

/** Metrics of one number by name, in the order of the history. */
function scalarMetrics(history: readonly EpochRecord[]): string[] {
  const names = history.flatMap(({ train }) => Object.entries(train.metrics))
  return [...new Set(names.filter(([, value]) => typeof value === 'number').map(([name]) => name))]
}

const isShare = (name: string): boolean => /^(accuracy|top\d+)$/.test(name)

/** Loss, metrics, learning rate, gradient norm and speed. */
export class Curves {
  readonly section = element('section')
  readonly #grid = element('div', { class: 'cards' })
  readonly #charts = new Map<string, Chart>()

  constructor() {
    this.section.append(
      element('h2', {}, 'Curves'),
      element(
        'p',
        { class: 'note' },
        'Drag across a chart to zoom in, double-click to zoom out; a click on a name hides its curve.',
      ),
      this.#grid,
    )
  }

  update(data: PageData): void {
    this.#loss(data)
    for (const name of scalarMetrics(data.run.history)) this.#metric(name, data.run.history)
    const { step, lr, gradNorm } = data.curve
    const x = 'optimizer step'
    if (step.length > 0) {
      const rate = { label: 'learning rate', color: '--orange', values: lr }
      this.#chart('lr').show({ title: 'Learning rate', x, y: 'learning rate', xs: step, series: [rate] })
    }
    if (gradNorm.some((norm) => norm !== null && norm > 0)) {
      const norm = {
        label: 'gradient norm',
        color: '--green',
        values: gradNorm.map((one) => (one === 0 ? null : one)),
        width: 1,
      }
      const title = 'Gradient norm, before clipping'
      this.#chart('norm').show({ title, x, y: 'norm (log scale)', xs: step, series: [norm], log: true })
    }
  }

  #loss({ run, curve }: PageData): void {
    if (curve.step.length === 0) return
    // One x for all curves: steps, where an epoch's numbers stand at its last one.
    const xs = [...new Set([...curve.step, ...run.history.map(({ step }) => step)])].sort((a, b) => a - b)
    const at = new Map(xs.map((x, i) => [x, i]))
    const place = (points: Iterable<readonly [number, number | null | undefined]>): (number | null)[] => {
      const values = new Array<number | null>(xs.length).fill(null)
      for (const [x, value] of points) values[at.get(x) as number] = value ?? null
      return values
    }
    const single = place(curve.step.map((x, i) => [x, curve.loss[i]]))
    const train = place(run.history.map((epoch) => [epoch.step, epoch.train.loss]))
    const validation = place(run.history.map((epoch) => [epoch.step, epoch.validation?.loss]))
    const series = [
      { label: 'step', color: '--faint', values: single, width: 1 },
      { label: 'training (epoch)', color: '--blue', values: train, points: true },
      ...(validation.some((value) => value !== null)
        ? [{ label: 'validation', color: '--orange', values: validation, points: true }]
        : []),
    ]
    this.#chart('loss').show({ title: 'Loss', x: 'optimizer step', y: 'loss', xs, series })
  }

  #metric(name: string, history: readonly EpochRecord[]): void {
    const of = (which: 'train' | 'validation') =>
      history.map((epoch) => {
        const value = epoch[which]?.metrics[name]
        return typeof value === 'number' ? value : null
      })
    const validation = of('validation')
    const series = [
      { label: 'training', color: '--blue', values: of('train'), points: true },
      ...(validation.some((value) => value !== null)
        ? [{ label: 'validation', color: '--orange', values: validation, points: true }]
        : []),
    ]
    const share = isShare(name)
    const title = name[0].toUpperCase() + name.slice(1)
    const format = share ? { format: (value: number) => percent(value, 1), y: `${name} (%)` } : { y: name }
    this.#chart(`metric ${name}`).show({ title, x: 'epoch', xs: history.map(({ epoch }) => epoch), series, ...format })
  }

  #chart(name: string): Chart {
    let chart = this.#charts.get(name)
    if (chart === undefined) {
      chart = new Chart()
      this.#charts.set(name, chart)
      this.#grid.append(chart.card)
    }
    return chart
  }
}
