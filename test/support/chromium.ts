// Some functions here run inside of a page.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const folders = (process.env.PATH ?? '').split(delimiter)
const found = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
  folders.map((folder) => join(folder, name)).filter((path) => existsSync(path)),
)

/** The browser that is installed here; null without one. */
export const chromiumPath: string | null = found[0] ?? null

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath as string, args: ['--no-sandbox'] })

export interface View {
  width: number
  theme: 'light' | 'dark'
}

/** Both widths that pages are made for, in both themes. */
export const views: View[] = [1280, 390].flatMap((width) => [
  { width, theme: 'light' as const },
  { width, theme: 'dark' as const },
])

/** Opens a page of one size; what it complains of is gathered in `complaints`. */
export async function open(browser: Browser, { width, theme }: View, url: string): Promise<[Page, string[]]> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: theme })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  await page.goto(url)
  await page.waitForSelector('.chart canvas')
  return [page, complaints]
}

/** For each chart of a page its heading, and how many pixels of its canvas have a strong colour (no grey of axes or grid). */
export function coloredPixels(page: Page): Promise<{ title: string; colored: number }[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.chart')].map((card) => {
      const canvas = card.querySelector('canvas') as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      let colored = 0
      for (let i = 0; i < data.length; i += 4) {
        const [red, green, blue, alpha] = data.subarray(i, i + 4)
        if (alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) colored++
      }
      return { title: card.querySelector('h3')?.textContent ?? '', colored }
    }),
  )
}

/** What the charts of a page say in words of the part that they show. */
export function chartRanges(page: Page): Promise<[title: string, range: string][]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.chart')].map((card) => {
      const [title, range] = (card.querySelector('[role=img]')?.getAttribute('aria-label') ?? '').split(': ')
      return [title, range] as [string, string]
    }),
  )
}

/** Elements whose text or box reaches beyond the window, unless something around them scrolls. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const over = [...document.querySelectorAll('body *')].filter((element) => {
      const { right, left } = element.getBoundingClientRect()
      return (right > width + 1 || left < -1) && element.closest('.scroll') === null
    })
    return over.map((element) => `${element.tagName}.${element.className}`)
  })
}
