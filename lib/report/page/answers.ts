import type { AnswerData, MistakeData } from '../../train/details.ts'
import { count, element, percent } from './dom.ts'

/** Classes beyond which cells have no room for numbers. */
const MOST_NUMBERS = 20

const nameOf = (names: readonly string[] | null, index: number): string => names?.[index] ?? String(index)

function cellOf(value: number, total: number, right: boolean, text: string, numbers: boolean): HTMLTableCellElement {
  const share = total === 0 ? 0 : value / total
  const color = right ? '--green' : '--bad'
  // Mistakes are few: their root makes them visible beside the diagonal.
  const strength = value === 0 ? 0 : right ? share : Math.min(1, 0.12 + Math.sqrt(share))
  const cell = element('td', { title: text }, numbers && value > 0 ? String(value) : '')
  cell.style.background = `color-mix(in srgb, var(${color}) ${Math.round(strength * 100)}%, transparent)`
  if (strength > 0.6) cell.className = 'strong'
  return cell
}

/** Rows are the right classes, columns those that the model gave. */
function confusionTable(confusion: readonly number[][], names: string[] | null): HTMLElement {
  const numbers = confusion.length <= MOST_NUMBERS
  const label = (c: number) => nameOf(names, c)
  const longest = Math.max(...confusion.map((_, c) => label(c).length))
  const turned = longest > 2 ? 'turned' : ''
  const head = confusion.map((_, c) => element('th', { scope: 'col', class: turned }, numbers ? label(c) : ''))
  const rows = confusion.map((row, c) => {
    const total = row.reduce((sum, value) => sum + value, 0)
    const cells = row.map((value, given) => {
      const text = `${label(c)} taken for ${label(given)}: ${value} of ${total}`
      return cellOf(value, total, c === given, text, numbers)
    })
    const hits = total === 0 ? '' : percent(row[c] / total, 1)
    const end = numbers ? [element('th', {}, hits)] : []
    return element('tr', {}, element('th', { scope: 'row' }, numbers ? label(c) : ''), ...cells, ...end)
  })
  const corner = element('th', {}, '')
  const body = element('tbody', {}, ...rows)
  const thead = element('thead', {}, element('tr', {}, corner, ...head, element('th', {}, numbers ? 'found' : '')))
  const table = element('table', { class: numbers ? 'confusion' : 'confusion many' }, thead, body)
  return element('div', { class: 'card scroll' }, table)
}

function mistakeFigure(
  { index, right, given, givenShare, rightShare, picture }: MistakeData,
  names: string[] | null,
): HTMLElement {
  const image =
    picture === null
      ? element('div', { class: 'blank' }, `sample ${index}`)
      : element('img', { src: picture.url, alt: `sample ${index}`, width: String(picture.width) })
  return element(
    'figure',
    { title: `sample ${index} of the data` },
    image,
    element('div', { class: 'wrong' }, `taken for ${nameOf(names, given)} (${percent(givenShare, 1)})`),
    element('div', { class: 'right' }, `is ${nameOf(names, right)} (${percent(rightShare, 1)})`),
  )
}

/** The confusion matrix, gathered or as a metric of the last epoch, and the worst mistakes. */
export class Answers {
  readonly section = element('section')

  update(answers: AnswerData | null, metric: number[][] | null, names: string[] | null): void {
    const confusion = answers?.confusion ?? metric
    this.section.hidden = confusion === null
    if (confusion === null) return
    const total = confusion.flat().reduce((sum, value) => sum + value, 0)
    const from = answers === null ? 'validation' : `${answers.epoch === 0 ? '' : `epoch ${answers.epoch}, `}validation`
    this.section.replaceChildren(
      element('h2', {}, 'Confusion matrix'),
      element(
        'p',
        { class: 'note' },
        `Rows are the right classes, columns what the model took them for (${from}, ${count(total)} samples). Green is right, ` +
          'red is wrong; the last column says how much of a class was found.',
      ),
      confusionTable(confusion, names),
    )
    if (answers === null || answers.mistakes.length === 0) return
    this.section.append(
      element('h2', {}, 'Worst mistakes'),
      element('p', { class: 'note' }, 'The wrong answers with the largest loss, and how sure the model was of them.'),
      element('div', { class: 'mistakes card' }, ...answers.mistakes.map((one) => mistakeFigure(one, names))),
    )
  }
}
