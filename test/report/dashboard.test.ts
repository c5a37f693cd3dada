import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Callback, Dashboard, functional as F, type FitOptions, fit, type Run } from '../../lib/index.ts'
import type { PageData } from '../../lib/report/page_data.ts'
import { chromiumPath, coloredPixels, launch, open, overflowing, views } from '../support/chromium.ts'
import { bitsOf, problem } from '../train/problem.ts'
import { imageProblem } from './problem.ts'

/** Holds every step up, so that there is time to look. */
const slowly = (milliseconds: number): Callback => ({
  onStep: async () => {
    await sleep(milliseconds)
  },
})

interface Heard {
  name: string
  data: unknown
}

/** Listens as a browser does until the stream ends or `enough` says so. */
async function listen(url: string, enough: (heard: Heard[]) => boolean = () => false): Promise<Heard[]> {
  const heard: Heard[] = []
  const stop = new AbortController()
  const { body, headers } = await fetch(`${url}events`, { signal: stop.signal })
  expect(headers.get('content-type')).toBe('text/event-stream')
  let text = ''
  try {
    for await (const part of body!.pipeThrough(new TextDecoderStream())) {
      text += part
      const events = text.split('\n\n')
      text = events.pop() as string
      for (const event of events) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
        heard.push({ name, data: JSON.parse(data) })
      }
      if (enough(heard)) stop.abort()
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  return heard
}

/** Starts a run with a dashboard; `url` is known once it is served. */
function start(options: Partial<FitOptions> = {}, pause = 70) {
  const { model, settings } = problem({ epochs: 4, callbacks: [slowly(pause)], ...options })
  let run: Promise<Run> = Promise.reject(new Error('not started'))
  run.catch(() => undefined)
  const url = new Promise<string>((resolve, reject) => {
    run = fit(model, { ...settings, dashboard: { onListen: resolve } } as FitOptions)
    run.catch(reject)
  })
  return { model, url, run }
}

describe('the dashboard', () => {
  it('tells any number of viewers all of the run, and ends with it', async () => {
    const { url, run } = start()
    const address = await url
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    const all = await Promise.all([listen(address), listen(address), listen(address)])
    const { steps, history } = await run
    for (const heard of all) {
      const names = heard.map(({ name }) => name)
      expect([names[0], names.at(-2), names.at(-1)]).toEqual(['run', 'run', 'end'])
      expect(names).toContain('steps')
      const last = heard.at(-2)?.data as PageData
      expect(last.run.outcome).toBe('finished')
      expect(last.run.verdict).not.toBeNull()
      expect(last.run.history).toEqual(JSON.parse(JSON.stringify(history)))
      expect(last.curve.loss).toEqual(steps.loss)
      const news = heard.filter(({ name }) => name === 'steps').map(({ data }) => data as PageData['curve'])
      for (const { step, loss, lr, gradNorm } of news) {
        expect(loss).toEqual(step.map((one) => steps.loss[one - 1]))
        expect(lr).toEqual(step.map((one) => steps.lr[one - 1]))
        expect(gradNorm).toEqual(step.map((one) => steps.gradNorm[one - 1]))
      }
    }
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })

  it('changes no bit of the training, whoever comes and goes', async () => {
    const plain = problem({ epochs: 4 })
    await fit(plain.model, plain.settings)
    const { model, url, run } = start()
    const address = await url
    await listen(address, (heard) => heard.some(({ name }) => name === 'steps'))
    expect((await listen(address, ({ length }) => length > 0)).length).toBe(1)
    expect(await (await fetch(address)).text()).toContain("connect-src 'self'")
    const { outcome } = await run
    expect(outcome).toBe('finished')
    expect(bitsOf(model)).toEqual(bitsOf(plain.model))
  })

  it('lets training go on when it is closed', async () => {
    const dashboard = new Dashboard()
    const close: Callback = {
      onEpochEnd: async ({ epoch }) => {
        if (epoch === 2) await dashboard.close()
      },
    }
    const { model, settings } = problem({ epochs: 4, callbacks: [dashboard, close] })
    const { outcome, history } = await fit(model, settings)
    expect([outcome, history.length, dashboard.url]).toEqual(['finished', 4, null])
  })

  it('is gone after a run that failed', async () => {
    const failing: Callback = {
      onEpochEnd() {
        throw new Error('enough')
      },
    }
    const { url, run } = start({ callbacks: [failing] })
    const address = await url
    await expect(run).rejects.toThrow('enough')
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })

  it('shows nothing to names of elsewhere, and knows no other page', async () => {
    const { url, run } = start({}, 20)
    const address = await url
    const status = (path: string, options: object) =>
      new Promise((resolve) => get(new URL(path, address), options, (answer) => resolve(answer.resume().statusCode)))
    expect(await status('/', { headers: { host: 'evil.example' } })).toBe(403)
    expect(await status('/events', { headers: { host: `evil.example:${new URL(address).port}` } })).toBe(403)
    expect(await status('/', { headers: { host: 'localhost:80' } })).toBe(200)
    expect(await status('/', { method: 'POST' })).toBe(405)
    expect(await status('/other', {})).toBe(404)
    await run
  })

  it('says where it is along with the progress, and nowhere else', async () => {
    let text = ''
    const verbose = { write: (part: string) => (text += part) }
    const { model, settings } = problem({ epochs: 1, verbose })
    await fit(model, { ...settings, dashboard: true })
    expect(text).toMatch(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/\n/)
  })

  it('refuses a port that is taken, before the first step, and options that make no sense', async () => {
    const first = start()
    const port = Number(new URL(await first.url).port)
    const { model, settings } = problem()
    await expect(fit(model, { ...settings, dashboard: { port } })).rejects.toThrow(
      `fit: expected a free port for the dashboard, got ${port} (EADDRINUSE)`,
    )
    await first.run
    expect(() => new Dashboard({ port: 70_000 })).toThrow('Dashboard: expected port to be at most 65535, got 70000')
    expect(() => new Dashboard({ host: 'all' } as object)).toThrow(
      'Dashboard: expected options port, onListen, got "host"',
    )
  })
})

describe.skipIf(chromiumPath === null)('the dashboard in a browser (skipped where chromium is missing)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  const stateOf = (page: Page) => page.innerText('.state')

  it('draws the run while it goes on, at both widths and in both themes, and keeps it afterwards', async () => {
    const { model, settings, moments } = imageProblem('digits', { epochs: 6, callbacks: [slowly(25)] })
    let run: Promise<Run> | null = null
    const url = await new Promise<string>((resolve) => {
      run = fit(model, { ...settings, details: moments, dashboard: { onListen: resolve } } as FitOptions)
    })
    const opened = await Promise.all(views.map((view) => open(browser, view, url)))
    const [first] = opened[0]
    expect(await stateOf(first)).toBe('running')
    const before = await first.innerText('header')
    await sleep(600)
    expect(await first.innerText('header')).not.toBe(before)
    const { steps } = (await run) as unknown as Run
    for (const [page, complaints] of opened) {
      await page.waitForFunction("document.querySelector('.state').textContent === 'finished'")
      const charts = await coloredPixels(page)
      expect(charts.length).toBe(6)
      for (const { title, colored } of charts) expect(colored, title).toBeGreaterThan(150)
      expect(await page.innerText('header')).toContain(`${steps.loss.length}, 10 batches an epoch`)
      expect(await page.locator('.mistakes img').count()).toBeGreaterThan(0)
      expect(await overflowing(page)).toEqual([])
      expect(complaints).toEqual([])
      await page.close()
    }
  })

  it('says so when the training breaks off', async () => {
    const { model, settings } = problem({ epochs: 50, callbacks: [slowly(5)] })
    let failed: Promise<unknown> | null = null
    const loss: FitOptions['loss'] = (output, target) => {
      if (stop) throw new Error('broken')
      return F.crossEntropy(output, target)
    }
    let stop = false
    const url = await new Promise<string>((resolve) => {
      failed = fit(model, { ...settings, loss, dashboard: { onListen: resolve } } as FitOptions).catch(String)
    })
    const [page] = await open(browser, views[0], url)
    stop = true
    expect(await failed).toBe('Error: broken')
    await page.waitForFunction("document.querySelector('.state').textContent === 'server gone'")
    await page.close()
  })
})
