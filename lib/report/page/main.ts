import 'uplot/dist/uPlot.min.css'
import './main.css'
import type { PageData } from '../page_data.ts'
import { Answers } from './answers.ts'
import { Curves } from './curves.ts'
import { element } from './dom.ts'
import { headOf } from './head.ts'
import { follow } from './live.ts'
import { findingSection, layerSection } from './model.ts'
import { Filters, Maps } from './pictures.ts'
import { Weights } from './weights.ts'

/** The whole page; its parts keep what a viewer chose while numbers change. */
class Page {
  readonly #head = element('div')
  readonly #curves = new Curves()
  readonly #answers = new Answers()
  readonly #filters = new Filters()
  readonly #maps = new Maps()
  readonly #weights = new Weights()
  readonly #model = element('div')

  constructor(main: HTMLElement) {
    const parts = [this.#curves, this.#answers, this.#filters, this.#maps, this.#weights]
    main.replaceChildren(this.#head, ...parts.map(({ section }) => section), this.#model)
  }

  /** Shows the head and the curves alone. */
  updateCurves(data: PageData, lost = false): void {
    this.#head.replaceChildren(headOf(data, lost))
    this.#curves.update(data)
  }

  update(data: PageData): void {
    this.updateCurves(data)
    const { details, history, model } = data.run
    const last = history.at(-1)
    const metric = (last?.validation ?? last?.train)?.metrics.confusionMatrix
    const matrix = Array.isArray(metric) && Array.isArray(metric[0]) ? (metric as number[][]) : null
    this.#answers.update(details?.answers ?? null, matrix, details?.classNames ?? null)
    this.#filters.update(details?.filters ?? null)
    this.#maps.update(details?.maps ?? null)
    this.#weights.update(details?.weights ?? [])
    const layers = layerSection(details?.layers ?? null, details?.totals ?? [], model.text)
    const found = details !== undefined && details.layers !== null
    this.#model.replaceChildren(layers, ...(found ? [findingSection(details.findings)] : []))
  }
}

const page = new Page(document.querySelector('main') as HTMLElement)
const data = JSON.parse(document.getElementById('data')?.textContent ?? 'null') as PageData | null
if (data !== null) page.update(data)
else {
  follow({
    onRun: (all) => page.update(all),
    onSteps: (all) => page.updateCurves(all),
    onLost: (all) => page.updateCurves(all, true),
  })
}
