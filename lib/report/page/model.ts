import type { FindingData, LayerData } from '../../train/details.ts'
import { bytes, count, element } from './dom.ts'

const HEADINGS = ['Layer', 'Output', 'Parameters', 'Multiply-adds', 'Memory', 'Sees']

function layerRow({ path, type, depth, output, parameters, macs, activationBytes, sees }: LayerData): HTMLElement {
  const number = (text: string): HTMLElement => element('td', { class: 'number' }, text)
  const name = element('td', {}, path === '' ? type : `${path} (${type})`)
  name.style.paddingLeft = `${depth * 16}px`
  return element(
    'tr',
    {},
    name,
    element('td', {}, output),
    number(parameters === 0 ? '' : count(parameters)),
    number(macs === 0 ? '' : count(macs)),
    number(activationBytes === 0 ? '' : bytes(activationBytes)),
    number(sees === null ? '' : sees.join(' × ')),
  )
}

/** The model's layers. */
export function layerSection(
  layers: readonly LayerData[] | null,
  totals: readonly string[],
  text: string,
): HTMLElement {
  const section = element('section', {}, element('h2', {}, 'Model'))
  if (totals.length > 0) section.append(element('p', { class: 'note' }, `${totals.join('; ')}.`))
  if (layers === null) {
    section.append(element('div', { class: 'card scroll' }, element('pre', {}, text)))
    return section
  }
  const head = HEADINGS.map((heading, i) => element('th', i > 1 ? { class: 'number' } : {}, heading))
  const table = element('table', { class: 'plain' }, element('tr', {}, ...head), ...layers.map(layerRow))
  section.append(element('div', { class: 'card scroll' }, table))
  return section
}

/** What `lint` found. */
export function findingSection(findings: readonly FindingData[]): HTMLElement {
  const items = findings.map(({ rule, severity, path, why, cure, source }) => {
    const place = path === '' ? 'the model' : path
    const head = element('strong', severity === 'error' ? { class: 'wrong' } : {}, `${severity} at ${place}: `)
    const note = element('div', { class: 'note' }, `${rule}; ${source}`)
    return element('li', {}, head, `${why} ${cure}`, note)
  })
  const list =
    items.length === 0 ? element('p', {}, 'Nothing to remark.') : element('ul', { class: 'findings' }, ...items)
  return element('section', {}, element('h2', {}, 'Findings of lint'), element('div', { class: 'card' }, list))
}
