import type { FilterStory, MapStory, PictureData } from '../../train/details.ts'
import { element } from './dom.ts'

/** A picture enlarged by a whole factor, so that its pixels stay squares, up to about `width` CSS pixels. */
function large({ url, width }: PictureData, wanted: number, alt: string): HTMLImageElement {
  const factor = Math.max(1, Math.floor(wanted / width))
  return element('img', { src: url, alt, width: String(width * factor) })
}

/** The filters of the first convolution; a slider goes through the epochs. */
export class Filters {
  readonly section = element('section')
  readonly #title = element('p', { class: 'note' })
  readonly #slider = element('input', { type: 'range', min: '0', 'aria-label': 'epoch' })
  readonly #text = element('span')
  readonly #picture = element('div')
  #story: FilterStory | null = null

  constructor() {
    this.#slider.addEventListener('input', () => this.#show())
    const row = element('div', { class: 'row' }, this.#text, this.#slider)
    const card = element('div', { class: 'card' }, row, this.#picture)
    this.section.append(element('h2', {}, 'First-layer filters'), this.#title, card)
  }

  update(story: FilterStory | null): void {
    this.section.hidden = story === null
    if (story === null) return
    const atEnd = this.#story === null || Number(this.#slider.value) >= this.#story.moments.length - 1
    this.#story = story
    const kind = story.shape[1] === 3 ? 'in colour' : 'grey is 0, white positive, black negative'
    this.#title.textContent = `The filters of ${story.name} [${story.shape.join(', ')}], ${kind}.`
    this.#slider.max = String(story.moments.length - 1)
    if (atEnd) this.#slider.value = this.#slider.max
    this.#show()
  }

  #show(): void {
    const moment = this.#story?.moments[Number(this.#slider.value)]
    if (moment === undefined) return
    this.#text.textContent = moment.epoch === 0 ? 'before training' : `behind epoch ${moment.epoch}`
    this.#picture.replaceChildren(large(moment.picture, 640, `filters, ${this.#text.textContent}`))
  }
}

/** What one sample becomes on its way through the network. */
export class Maps {
  readonly section = element('section')

  update(story: MapStory | null): void {
    this.section.hidden = story === null
    if (story === null) return
    const note =
      'What one sample becomes on its way through the network: the first maps of some layers, each from its smallest value ' +
      '(black) to its largest (white).'
    const cards = story.layers.map(({ path, type, shape, shown, picture }) => {
      const [channels, height, width] = shape
      const text = `${path} (${type}): ${shown} of ${channels} maps, ${height} × ${width}`
      return element('div', { class: 'card' }, element('h3', {}, text), large(picture, 520, text))
    })
    if (story.picture !== null) {
      cards.unshift(
        element('div', { class: 'card' }, element('h3', {}, 'The sample'), large(story.picture, 160, 'the sample')),
      )
    }
    const grid = element('div', { class: 'maps' }, ...cards)
    this.section.replaceChildren(element('h2', {}, 'Feature maps'), element('p', { class: 'note' }, note), grid)
  }
}
