import { isFirstRank } from '../../distributed/world.ts'
import type { Callback, RunContext, StepInfo } from '../../train/callback.ts'
import type { EpochRecord, Run } from '../../train/run.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import { pageData } from '../page_data.ts'
import { pageHtml } from '../page_html.ts'
import { EventServer, eventOf } from './server.ts'

/** Milliseconds between two messages about steps: as often as an eye wants. */
const INTERVAL = 250

/** Milliseconds between two tellings of the whole story, where epochs are shorter: it takes a few to write down. */
const STORY_INTERVAL = 1000

/** Where a {@link Dashboard} serves its page, and who is told. */
export interface DashboardOptions {
  /** Port on 127.0.0.1, at most 65535; 0, the default, takes any that is free. */
  port?: number
  /** Told the address of the page once it is served; nobody by default. */
  onListen?: (url: string) => void
}

/** Steps since the last message, as the page's curves have them. */
interface News {
  step: number[]
  loss: (number | null)[]
  lr: number[]
  gradNorm: (number | null)[]
}

const noNews = (): News => ({ step: [], loss: [], lr: [], gradNorm: [] })

/**
 * A callback of `fit` that serves the page of a report on 127.0.0.1 while training runs; it follows by server-sent events. Any
 * number of viewers may come and go; without one it costs a comparison a step. It ends with the run, and the pages keep what they
 * show. Of several ranks the first alone serves one.
 *
 * ```ts
 * await fit(model, { train, loss, optimizer, epochs: 5, callbacks: [new Dashboard({ onListen: (url) => console.log(url) })] })
 * ```
 *
 * @throws {RangeError} for an option that does not exist or a port that is none; when the run starts, for one that is taken.
 */
export class Dashboard implements Callback {
  readonly #port: number
  readonly #onListen: (url: string) => void
  #server: EventServer | null = null
  #news = noNews()
  #timer: NodeJS.Timeout | null = null
  /** The run whose story has grown by an epoch since it was told. */
  #grown: Run | null = null
  #told = Number.NEGATIVE_INFINITY
  #url: string | null = null

  constructor(options: DashboardOptions = {}) {
    checkOptions('Dashboard', options, ['port', 'onListen'])
    const { port = 0, onListen = () => undefined } = options
    this.#port = checkInteger('Dashboard', 'port', port, 0)
    if (port > 65535) throw new RangeError(`Dashboard: expected port to be at most 65535, got ${port}`)
    this.#onListen = onListen
  }

  /** Address of the page; null while there is none. */
  get url(): string | null {
    return this.#url
  }

  /** Whether somebody looks. */
  get watched(): boolean {
    return (this.#server?.viewers ?? 0) > 0
  }

  async onRunStart({ run }: RunContext): Promise<void> {
    if (!isFirstRank()) return
    const title = `${run.model.name} · training run`
    this.#server = new EventServer({
      html: () => pageHtml(title, null),
      greeting: () => this.#story(run),
    })
    this.#url = await this.#server.listen(this.#port)
    this.#onListen(this.#url)
  }

  onStep({ step, loss, lr, gradNorm }: StepInfo): void {
    if (!this.watched) return
    this.#news.step.push(step)
    this.#news.loss.push(loss)
    this.#news.lr.push(lr)
    this.#news.gradNorm.push(gradNorm)
    this.#tellSoon()
  }

  onEpochEnd(_record: EpochRecord, { run }: RunContext): void {
    if (!this.watched) return
    this.#grown = run
    this.#tellSoon()
  }

  async onRunEnd({ run }: RunContext): Promise<void> {
    this.#forget()
    if (this.watched) this.#server?.send(`${this.#story(run)}${eventOf('end', null)}`)
    await this.close()
  }

  /** Stops serving; training goes on. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.#url = null
    this.#forget()
    await server?.close()
  }

  /** All that there is to tell. */
  #story(run: Run): string {
    return eventOf('run', pageData(run))
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), INTERVAL).unref()
  }

  #tell(): void {
    const grown = this.#grown
    const news = this.#news
    const now = performance.now()
    this.#forget()
    if (grown !== null && now - this.#told >= STORY_INTERVAL) {
      this.#told = now
      this.#server?.send(this.#story(grown))
      return
    }
    if (news.step.length > 0) this.#server?.send(eventOf('steps', news))
    this.#grown = grown
    if (grown !== null) this.#tellSoon()
  }

  #forget(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#news = noNews()
    this.#grown = null
  }
}
