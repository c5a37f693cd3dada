import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FitOptions, fit, report } from '../../lib/index.ts'
import { chromiumPath, coloredPixels, launch, open, overflowing, views } from '../support/chromium.ts'
import { hasCifar, imageProblem } from './problem.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-page-'))
let browser: Browser
beforeAll(async () => {
  if (chromiumPath !== null) browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  rmSync(dir, { recursive: true })
})

const TITLES = [
  'Loss',
  'Accuracy',
  'Learning rate',
  'Gradient norm, before clipping',
  'Histogram of 0.weight',
  'Norms of the filters of 0.weight',
]

describe.each([
  { kind: 'digits' as const, has: true, needs: 'chromium' },
  { kind: 'photographs' as const, has: hasCifar, needs: 'chromium and CIFAR-10 in ../shared/data' },
])('the report of a network for $kind in a browser', ({ kind, has, needs }) => {
  describe.skipIf(chromiumPath === null || !has)(`needs ${needs}`, () => {
    const url = pathToFileURL(join(dir, `${kind}.html`)).href
    beforeAll(async () => {
      const { model, settings, moments } = imageProblem(kind)
      report(await fit(model, { ...settings, details: moments } as FitOptions), join(dir, `${kind}.html`))
    })

    it.each(views)('draws everything within $width pixels, $theme', async (view) => {
      const [page, complaints] = await open(browser, view, url)
      const charts = await coloredPixels(page)
      expect(charts.map(({ title }) => title)).toEqual(TITLES)
      for (const { title, colored } of charts) expect(colored, title).toBeGreaterThan(150)
      expect(await overflowing(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      const broken = await page.$$eval(
        'img',
        (images) => images.filter(({ naturalWidth }) => naturalWidth === 0).length,
      )
      expect(broken).toBe(0)
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const [red] = (/\d+/.exec(paper) ?? ['']).map(Number)
      expect(red > 128).toBe(view.theme === 'light')
      expect(complaints).toEqual([])
      await page.close()
    })

    it('shows the numbers of the run, and answers to a hand', async () => {
      const [page, complaints] = await open(browser, views[0], url)
      const text = await page.innerText('main')
      for (const words of [
        'finished',
        'Confusion matrix',
        'Worst mistakes',
        'First-layer filters',
        'Feature maps',
        'Findings of lint',
      ]) {
        expect(text).toContain(words)
      }
      expect(await page.locator('.confusion tbody tr').count()).toBe(10)
      expect(await page.locator('.mistakes figure img').count()).toBeGreaterThan(3)
      if (kind === 'photographs') expect(await page.innerText('.confusion')).toContain('airplane')
      // The slider goes back to the filters before training.
      const filters = page.locator('img[alt^="filters"]')
      const trained = await filters.getAttribute('src')
      await page.locator('input[type=range]').fill('0')
      expect(await filters.getAttribute('src')).not.toBe(trained)
      expect(await page.innerText('main')).toContain('before training')
      await page.locator('select').selectOption('1')
      expect((await coloredPixels(page))[4].title).toBe('Histogram of 3.weight')
      // A legend says what lies under the pointer.
      await page.locator('.chart .u-over').first().hover()
      const legend = await page.locator('.chart').first().locator('.u-value').first().innerText()
      expect(Number(legend)).toBeGreaterThan(1)
      expect(complaints).toEqual([])
      await page.close()
    })
  })
})
