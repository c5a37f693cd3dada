import uPlot from 'uplot'
import { css, element, short } from './dom.ts'

/** A curve of a chart. */
export interface Series {
  label: string
  /** Name of the CSS variable with its colour. */
  color: string
  values: (number | null)[]
  width?: number
  /** Whether points are marked, for curves with few of them. */
  points?: boolean
}

export interface ChartOptions {
  title: string
  /** What the axes show, with the unit. */
  x: string
  y: string
  xs: number[]
  series: Series[]
  log?: boolean
  /** How a value is written. */
  format?: (value: number) => string
  /** Values that the y axis spans. */
  range?: [number, number]
  /** Space left and right of the values, in units of the x axis. */
  margin?: number
  /** Paints below the curves. */
  paint?: (plot: uPlot) => void
}

const HEIGHT = 260

const dash = '–'

function optionsOf(options: ChartOptions, width: number): uPlot.Options {
  const { x, y, series, log = false, format = short, range, margin, paint } = options
  const axis = (label: string, size: number): uPlot.Axis => ({
    label,
    size,
    labelSize: 22,
    font: '12px system-ui, DejaVu Sans, sans-serif',
    labelFont: '12px system-ui, DejaVu Sans, sans-serif',
    stroke: () => css('--soft'),
    grid: { stroke: () => css('--grid'), width: 1 },
    ticks: { stroke: () => css('--grid'), width: 1 },
  })
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false, ...(margin !== undefined && { range: (_, low, high) => [low - margin, high + margin] }) },
      y: { distr: log ? 3 : 1, ...(range && { range }) },
    },
    axes: [
      {
        ...axis(x, 34),
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7],
      },
      { ...axis(y, 62), values: (_, splits) => splits.map((value) => (value === null ? '' : format(value))) },
    ],
    series: [
      { label: x, value: (_, value) => (value === null ? dash : String(value)) },
      ...series.map(({ label, color, width: line = 2, points = false }): uPlot.Series => {
        return {
          label,
          stroke: () => css(color),
          width: line,
          spanGaps: true,
          points: { show: points, size: 5, fill: () => css(color) },
          value: (_, value) => (value === null || value === undefined ? dash : format(value)),
        }
      }),
    ],
    hooks: { drawClear: paint === undefined ? [] : [paint], draw: [(plot) => describe(plot, options)] },
  }
}

/** Says in words what part the curves show. */
function describe({ root, scales, data }: uPlot, { title, x }: ChartOptions): void {
  const { min, max } = scales.x
  const shown = data[0].filter((at) => at >= (min ?? at) && at <= (max ?? at))
  root.setAttribute('role', 'img')
  root.setAttribute('aria-label', `${title}: ${x} ${shown[0]} to ${shown.at(-1)}`)
}

/** A chart in a card of its own, as wide as its card, that can be zoomed and takes new values. */
export class Chart {
  readonly card = element('section', { class: 'card chart' })
  #plot: uPlot | null = null
  #options: ChartOptions | null = null
  #signature = ''

  constructor() {
    new ResizeObserver(() => this.#resize()).observe(this.card)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot?.redraw(false))
  }

  /** Shows these values; a zoom stays where it is while the curves are the same. */
  show(options: ChartOptions): void {
    this.#options = options
    const signature = JSON.stringify([options.title, options.series.map(({ label }) => label)])
    if (signature !== this.#signature || options.paint !== undefined) this.#make(signature)
    else this.#plot?.setData(this.#data(), !this.#zoomed())
  }

  #data(): uPlot.AlignedData {
    const { xs, series } = this.#options as ChartOptions
    // Copies: a live page appends to the lists that it gives, and the chart would take its own last view for a zoom.
    return [[...xs], ...series.map(({ values }) => [...values])]
  }

  #zoomed(): boolean {
    const plot = this.#plot as uPlot
    const { min, max } = plot.scales.x
    const xs = plot.data[0]
    return xs.length > 0 && ((min ?? xs[0]) > xs[0] || (max ?? xs[xs.length - 1]) < xs[xs.length - 1])
  }

  #make(signature: string): void {
    const options = this.#options as ChartOptions
    this.#signature = signature
    this.#plot?.destroy()
    this.card.replaceChildren(element('h3', {}, options.title))
    this.#plot = new uPlot(optionsOf(options, this.#width), this.#data(), this.card)
  }

  get #width(): number {
    const style = getComputedStyle(this.card)
    const inner = this.card.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight)
    return Math.max(200, Math.floor(inner || 0))
  }

  #resize(): void {
    if (this.#plot !== null && this.#plot.width !== this.#width)
      this.#plot.setSize({ width: this.#width, height: HEIGHT })
  }
}
