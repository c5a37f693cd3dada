import type uPlot from 'uplot'
import type { WeightMoment, WeightStory } from '../../train/details.ts'
import { Chart } from './chart.ts'
import { css, element } from './dom.ts'

/** Paints histograms as columns, one for each epoch: the more elements, the stronger the colour. */
function paintColumns(moments: readonly WeightMoment[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot
    const rgb = css('--blue-rgb')
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    moments.forEach(({ epoch, low, high, counts }, i) => {
      const before = moments[i - 1]?.epoch ?? epoch - (moments[i + 1]?.epoch ?? epoch + 1) + epoch
      const after = moments[i + 1]?.epoch ?? epoch + (epoch - before)
      const left = Math.round(plot.valToPos((before + epoch) / 2, 'x', true))
      const right = Math.round(plot.valToPos((epoch + after) / 2, 'x', true))
      const most = Math.max(...counts)
      const part = (high - low) / counts.length
      counts.forEach((count, bin) => {
        if (count === 0) return
        const top = Math.round(plot.valToPos(low + (bin + 1) * part, 'y', true))
        const bottom = Math.round(plot.valToPos(low + bin * part, 'y', true))
        // The root lets rare values be seen beside the many around 0.
        ctx.fillStyle = `rgba(${rgb}, ${(0.08 + 0.92 * Math.sqrt(count / most)).toFixed(3)})`
        ctx.fillRect(left, top, right - left - 1, Math.max(1, bottom - top))
      })
    })
    ctx.restore()
  }
}

/** Histograms and norms of one weight over the epochs. */
export class Weights {
  readonly section = element('section')
  readonly #select = element('select', { 'aria-label': 'weight' })
  readonly #histogram = new Chart()
  readonly #norms = new Chart()
  #stories: WeightStory[] = []

  constructor() {
    this.#select.addEventListener('change', () => this.#show())
    this.section.append(
      element('h2', {}, 'Weights over time'),
      element(
        'p',
        { class: 'note' },
        'Left, each column is the histogram of a weight behind one epoch (0 is the beginning): stronger where more of its numbers ' +
          'lie. Right, the norms of its single filters: weight decay shrinks them, a high learning rate lets them grow.',
      ),
      element('div', { class: 'row' }, element('label', {}, 'Weight '), this.#select),
      element('div', { class: 'cards' }, this.#histogram.card, this.#norms.card),
    )
  }

  update(stories: WeightStory[]): void {
    this.section.hidden = stories.length === 0
    const names = stories.map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
    if (names.join() !== this.#stories.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join()) {
      const chosen = this.#select.selectedIndex
      this.#select.replaceChildren(...names.map((name, i) => element('option', { value: String(i) }, name)))
      this.#select.selectedIndex = Math.max(0, chosen)
    }
    this.#stories = stories
    this.#show()
  }

  #show(): void {
    const story = this.#stories[Math.max(0, this.#select.selectedIndex)]
    if (story === undefined) return
    const { name, moments } = story
    const low = Math.min(...moments.map((one) => one.low))
    const high = Math.max(...moments.map((one) => one.high))
    const xs = moments.map(({ epoch }) => epoch)
    const margin = (high - low || 1) * 0.04
    this.#histogram.show({
      title: `Histogram of ${name}`,
      x: 'epoch',
      y: 'value of the weight',
      xs,
      series: [
        { label: 'largest', color: '--soft', values: moments.map((one) => one.high), width: 1 },
        { label: 'smallest', color: '--soft', values: moments.map((one) => one.low), width: 1 },
      ],
      range: [low - margin, high + margin],
      margin: 0.5,
      paint: paintColumns(moments),
    })
    const norm = (at: number) => moments.map(({ filterNorms }) => filterNorms[at])
    this.#norms.show({
      title: `Norms of the filters of ${name}`,
      x: 'epoch',
      y: 'norm of a filter',
      xs,
      series: [
        { label: 'largest', color: '--orange', values: norm(2), points: true },
        { label: 'median', color: '--blue', values: norm(1), points: true },
        { label: 'smallest', color: '--green', values: norm(0), points: true },
      ],
    })
  }
}
