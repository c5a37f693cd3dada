import { get } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Callback, Dashboard, functional as F, type FitOptions, fit, type Run } from '../../lib/index.ts'
import type { PageData } from '../../lib/report/page_data.ts'
import { chartRanges, chromiumPath, coloredPixels, launch, open, overflowing, views } from '../support/chromium.ts'
import { Gate } from '../support/gate.ts'
import { bitsOf, problem } from '../train/problem.ts'
import { imageProblem } from './problem.ts'

interface Heard {
  name: string
  data: unknown
}

/** Listens as a browser does. */
class Viewer {
  readonly heard: Heard[] = []
  /** All that was heard, once the stream has ended or the viewer has left. */
  readonly ended: Promise<Heard[]>
  readonly #leaving = new AbortController()
  #look: () => void = () => undefined

  constructor(url: string) {
    this.ended = this.#listen(url).finally(() => this.#look())
  }

  /** Waits until what was heard is enough. */
  async until(enough: (heard: Heard[]) => boolean): Promise<void> {
    let isOver = false
    this.ended.finally(() => {
      isOver = true
    })
    while (!enough(this.heard)) {
      expect(isOver, 'the stream ended before').toBe(false)
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  leave(): Promise<Heard[]> {
    this.#leaving.abort()
    return this.ended
  }

  async #listen(url: string): Promise<Heard[]> {
    let text = ''
    try {
      const { body, headers } = await fetch(`${url}events`, { signal: this.#leaving.signal })
      expect(headers.get('content-type')).toBe('text/event-stream')
      for await (const part of body!.pipeThrough(new TextDecoderStream())) {
        text += part
        const events = text.split('\n\n')
        text = events.pop() as string
        for (const event of events) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
          this.heard.push({ name, data: JSON.parse(data) })
        }
        this.#look()
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error
    }
    return this.heard
  }
}

/** Whether a viewer heard the whole story and some steps more. */
const isUnderWay = (heard: Heard[]): boolean => heard.some(({ name }) => name === 'steps')

/** Starts a run with a dashboard that waits at `gate`; `url` is known once it is served. */
function start(gate: Gate, callbacks: Callback[] = []) {
  const { model, settings } = problem({ epochs: 4, callbacks: [gate, ...callbacks] })
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
    const gate = new Gate(2)
    const { url, run } = start(gate)
    const address = await url
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    const viewers = [1, 2, 3].map(() => new Viewer(address))
    await Promise.all(viewers.map((viewer) => viewer.until(({ length }) => length > 0)))
    gate.allow(3)
    await Promise.all(viewers.map((viewer) => viewer.until(isUnderWay)))
    gate.allow()
    const { steps, history } = await run
    const all = await Promise.all(viewers.map(({ ended }) => ended))
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
    const gate = new Gate(2)
    const { model, url, run } = start(gate)
    const address = await url
    const early = new Viewer(address)
    await early.until(({ length }) => length > 0)
    gate.allow(3)
    await early.until(isUnderWay)
    await early.leave()
    const late = new Viewer(address)
    await late.until(({ length }) => length > 0)
    expect((await late.leave()).length).toBe(1)
    expect(await (await fetch(address)).text()).toContain("connect-src 'self'")
    gate.allow()
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
    const { url, run } = start(new Gate(Number.POSITIVE_INFINITY), [failing])
    const address = await url
    await expect(run).rejects.toThrow('enough')
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })

  it('shows nothing to names of elsewhere, and knows no other page', async () => {
    const gate = new Gate(1)
    const { url, run } = start(gate)
    const address = await url
    const status = (path: string, options: object) =>
      new Promise((resolve) => get(new URL(path, address), options, (answer) => resolve(answer.resume().statusCode)))
    expect(await status('/', { headers: { host: 'evil.example' } })).toBe(403)
    expect(await status('/events', { headers: { host: `evil.example:${new URL(address).port}` } })).toBe(403)
    expect(await status('/', { headers: { host: 'localhost:80' } })).toBe(200)
    expect(await status('/', { method: 'POST' })).toBe(405)
    expect(await status('/other', {})).toBe(404)
    gate.allow()
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
    const gate = new Gate(1)
    const first = start(gate)
    const port = Number(new URL(await first.url).port)
    const { model, settings } = problem()
    await expect(fit(model, { ...settings, dashboard: { port } })).rejects.toThrow(
      `fit: expected a free port for the dashboard, got ${port} (EADDRINUSE)`,
    )
    gate.allow()
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
  // A function, not a string: the page's content security policy forbids strings to be evaluated again and again.
  const untilState = (page: Page, state: string) =>
    page.waitForFunction((text) => document.querySelector('.state')?.textContent === text, state)

  it('draws the run while it goes on, at both widths and in both themes, and keeps it afterwards', async () => {
    const gate = new Gate(12)
    const { model, settings, moments } = imageProblem('digits', { epochs: 6, callbacks: [gate] })
    let run: Promise<Run> | null = null
    const url = await new Promise<string>((resolve) => {
      run = fit(model, { ...settings, details: moments, dashboard: { onListen: resolve } } as FitOptions)
    })
    const opened = await Promise.all(views.map((view) => open(browser, view, url)))
    const [first] = opened[0]
    expect(await stateOf(first)).toBe('running')
    // What a page heard of single steps has to be followed as well as whole stories.
    for (const steps of [3, 3, 12]) {
      const before = await first.innerText('header')
      gate.allow(steps)
      await first.waitForFunction((text) => document.querySelector('header')?.innerText !== text, before)
    }
    gate.allow()
    const { steps } = (await run) as unknown as Run
    for (const [page, complaints] of opened) {
      await untilState(page, 'finished')
      const charts = await coloredPixels(page)
      expect(charts.length).toBe(6)
      for (const { title, colored } of charts) expect(colored, title).toBeGreaterThan(150)
      expect(await chartRanges(page)).toEqual([
        ['Loss', `optimizer step 1 to ${steps.loss.length}`],
        ['Accuracy', 'epoch 1 to 6'],
        ['Learning rate', `optimizer step 1 to ${steps.loss.length}`],
        ['Gradient norm, before clipping', `optimizer step 1 to ${steps.loss.length}`],
        ['Histogram of 0.weight', 'epoch 0 to 6'],
        ['Norms of the filters of 0.weight', 'epoch 0 to 6'],
      ])
      expect(await page.innerText('header')).toContain(`${steps.loss.length}, 10 batches an epoch`)
      expect(await page.locator('.mistakes img').count()).toBeGreaterThan(0)
      expect(await overflowing(page)).toEqual([])
      expect(complaints).toEqual([])
      await page.close()
    }
  })

  it('says so when the training breaks off', async () => {
    const gate = new Gate(5)
    const { model, settings } = problem({ epochs: 50, callbacks: [gate] })
    let failed: Promise<unknown> | null = null
    let stop = false
    const loss: FitOptions['loss'] = (output, target) => {
      if (stop) throw new Error('broken')
      return F.crossEntropy(output, target)
    }
    const url = await new Promise<string>((resolve) => {
      failed = fit(model, { ...settings, loss, dashboard: { onListen: resolve } } as FitOptions).catch(String)
    })
    const [page] = await open(browser, views[0], url)
    stop = true
    gate.allow()
    expect(await failed).toBe('Error: broken')
    await untilState(page, 'server gone')
    await page.close()
  })
})
