// What the examples draw: panels of lines, bars or grey pictures, side by side, as one SVG.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type EChartsOption, init, type SeriesOption } from 'echarts'
import { encode } from 'fast-png'

/** Points of a curve, or only their heights above 1, 2, 3, … */
export type Points = readonly (readonly [x: number, y: number])[] | readonly number[]

interface Axes {
  title: string
  x: string
  y: string
  /** Whether the heights are shown by their powers of ten. */
  log?: boolean
}

export interface LinePanel extends Axes {
  lines: Readonly<Record<string, Points>>
}

export interface BarPanel extends Axes {
  /** Heights by the name of each bar. */
  bars: Readonly<Record<string, number>>
}

export interface PicturePanel {
  title: string
  /** Rows of numbers, the smallest of them black, the largest white. */
  picture: readonly (readonly number[])[]
}

export type Panel = LinePanel | BarPanel | PicturePanel

export interface Figure {
  title: string
  panels: readonly Panel[]
}

const WIDTH = 480
const HEIGHT = 400
/** Room around what a panel shows: for the numbers and names of its axes, its title and its legend. */
const MARGIN = { left: 76, right: 20, top: 84, bottom: 60 }
const TITLE = 44
const COLUMNS = 3
/** Colours that stay apart for the colour-blind too: Okabe and Ito, "Color Universal Design", 2008. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

/** The figure as the text of an SVG, in rows of at most three panels. */
export function toSvg({ title, panels }: Figure): string {
  const columns = Math.min(panels.length, COLUMNS)
  const width = columns * WIDTH
  const height = TITLE + Math.ceil(panels.length / columns) * HEIGHT
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  let charts = 0
  const parts = panels.map((panel, i) => {
    const [left, top] = [(i % columns) * WIDTH, TITLE + Math.floor(i / columns) * HEIGHT]
    return 'picture' in panel ? pictureOf(panel, left, top) : chartOf(panel, charts++, left, top)
  })
  const all = <K extends keyof EChartsOption>(key: K): never => parts.flatMap((part) => part[key] ?? []) as never
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: [{ text: title, left: 'center', top: 10, textStyle: { fontSize: 18 } }, ...all('title')],
    grid: all('grid'),
    xAxis: all('xAxis'),
    yAxis: all('yAxis'),
    legend: all('legend'),
    series: all('series'),
    graphic: all('graphic'),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** Writes a figure to a file, whose folder is made when it is missing. */
export function writeFigure(path: string, figure: Figure): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, toSvg(figure))
}

const heading = (text: string, left: number, top: number): EChartsOption['title'] => ({
  text,
  left: left + MARGIN.left,
  top: top + 8,
  textStyle: { fontSize: 14, fontWeight: 'normal' },
})

function chartOf(panel: LinePanel | BarPanel, index: number, left: number, top: number): EChartsOption {
  const axes = { xAxisIndex: index, yAxisIndex: index }
  const isBars = 'bars' in panel
  const named = { nameLocation: 'middle', nameTextStyle: { color: '#333', fontSize: 12 }, gridIndex: index } as const
  const series: SeriesOption[] = isBars
    ? [
        {
          type: 'bar',
          ...axes,
          data: Object.values(panel.bars),
          barMaxWidth: 48,
          label: { show: true, ...shown },
          color: COLORS[0],
        },
      ]
    : Object.entries(panel.lines).map(([name, points], i) => ({
        type: 'line',
        name,
        ...axes,
        ...lineOf(points),
        color: COLORS[i % COLORS.length],
      }))
  const names = isBars ? [] : Object.keys(panel.lines)
  return {
    title: heading(panel.title, left, top),
    grid: {
      left: left + MARGIN.left,
      top: top + MARGIN.top,
      width: WIDTH - MARGIN.left - MARGIN.right,
      height: HEIGHT - MARGIN.top - MARGIN.bottom,
    },
    legend: {
      data: names,
      left: left + MARGIN.left - 8,
      top: top + 32,
      width: WIDTH - MARGIN.left,
      itemWidth: 16,
      itemGap: 26,
    },
    xAxis: isBars
      ? {
          type: 'category',
          data: Object.keys(panel.bars),
          name: panel.x,
          nameGap: 34,
          ...named,
          axisLabel: labelsOf(Object.keys(panel.bars)),
        }
      : { type: 'value', min: 'dataMin', max: 'dataMax', minInterval: 1, name: panel.x, nameGap: 32, ...named },
    yAxis: { type: panel.log ? 'log' : 'value', name: panel.y, nameGap: 56, ...named, axisLabel: { formatter: short } },
    series,
  } as EChartsOption
}

const shown = { position: 'top', formatter: ({ value }: { value: unknown }): string => short(Number(value)) } as const
/** Every bar has its name, broken into lines that fit under it. */
const labelsOf = ({ length }: readonly string[]): object => {
  const width = (WIDTH - MARGIN.left - MARGIN.right) / length - 4
  return { interval: 0, width, overflow: 'break', fontSize: length > 4 ? 10 : 12 }
}

/** Three figures, by powers of ten where the number is far from 1. */
function short(value: number): string {
  const size = Math.abs(value)
  return value !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(0) : String(Number(value.toPrecision(3)))
}

function lineOf(points: Points): object {
  const data = points.map((point, i) => (typeof point === 'number' ? [i + 1, point] : point))
  return { data, showSymbol: data.length <= 20, symbolSize: 5, lineStyle: { width: 2 } }
}

function pictureOf({ title, picture }: PicturePanel, left: number, top: number): EChartsOption {
  const [rows, columns] = [picture.length, picture[0].length]
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom + 40]
  const scale = Math.min(width / columns, height / rows)
  const style = { image: dataUrl(picture), width: scale * columns, height: scale * rows }
  return {
    title: heading(title, left, top),
    graphic: { type: 'image', left: left + MARGIN.left, top: top + MARGIN.top - 40, style },
  }
}

/** How many pixels each number of a picture gets, so that viewers do not blur it. */
const ENLARGED = 6

function dataUrl(picture: readonly (readonly number[])[]): string {
  const values = picture.flat()
  const low = values.reduce((least, value) => Math.min(least, value), Infinity)
  const range = values.reduce((most, value) => Math.max(most, value), -Infinity) - low || 1
  const [width, height] = [ENLARGED * picture[0].length, ENLARGED * picture.length]
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [row, column] = [Math.floor(i / width / ENLARGED), Math.floor((i % width) / ENLARGED)]
    return Math.round((255 * (picture[row][column] - low)) / range)
  })
  return `data:image/png;base64,${Buffer.from(encode({ width, height, data, channels: 1, depth: 8 })).toString('base64')}`
}
