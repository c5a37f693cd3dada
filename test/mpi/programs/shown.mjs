// What ranks show of a run: `shown.mjs FOLDER`. One page is served, one report and one event file are written, and they tell of all
// ranks. Checks itself.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { Server } from 'node:net'
import { join } from 'node:path'
import { Dashboard, distributed, fit, report, TensorBoard } from 'strided'
import { quadrants } from './quadrants.mjs'

const [folder] = process.argv.slice(2)
const { rank, size, family } = distributed.init()
const at = (name) => join(folder, `${name}-${rank}`)

let servers = 0
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  servers++
  return listen.apply(this, args)
}

/** What the page at `url` is told first: the run so far. */
async function storyAt(url) {
  const leaving = new AbortController()
  const { body } = await fetch(`${url}events`, { signal: leaving.signal })
  let text = ''
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part
    if (text.includes('\n\n')) break
  }
  leaving.abort()
  return JSON.parse(/^event: run\ndata: (.*)$/m.exec(text)[1]).run
}

/** Trains with something that shows it; `urlOf` says where. Returns the story that the last epoch's visitor was told. */
async function trainShown(shown, urlOf) {
  const { model, options } = quadrants(24)
  let story = null
  const visitor = {
    async onEpochEnd({ epoch }) {
      if (epoch === 2 && urlOf() !== null) story = await storyAt(urlOf())
    },
  }
  const callbacks = [visitor, ...(shown.callbacks ?? [])]
  const run = await fit(model, { ...options, epochs: 2, verbose: false, seed: 1, ...shown, callbacks })
  return { run, story }
}

/** Rank 0 alone serves, and what it tells is what all ranks measured together. */
function check({ run, story }, before) {
  assert.deepEqual(
    distributed.allGatherObject(servers - before),
    Array.from({ length: size }, (_, one) => (one === 0 ? 1 : 0)),
  )
  // Every rank knows the measures of all.
  const measured = run.history.map(({ train, validation }) => ({ train, validation }))
  for (const other of distributed.allGatherObject(measured)) assert.deepEqual(other, measured)
  if (rank !== 0) {
    assert.equal(story, null)
    return
  }
  assert.deepEqual(
    story.history.map(({ train, validation }) => ({ train, validation })),
    measured,
  )
  for (const part of ['train', 'validation']) {
    const counts = story.history.at(-1)[part].metrics.confusionMatrix.flat()
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      480,
    )
  }
}

let url = null
const board = new TensorBoard(at('events'))
const first = await trainShown({ dashboard: { onListen: (at) => (url = at) }, callbacks: [board] }, () => url)
check(first, 0)
report(first.run, at('report.html'))
const whole = rank === 0
assert.equal(existsSync(at('report.html')), whole)
assert.equal(existsSync(at('events')), whole)
if (whole) {
  const page = readFileSync(at('report.html'), 'utf8')
  const { run } = JSON.parse(/<script type="application\/json" id="data">(.*)<\/script>/.exec(page)[1])
  assert.deepEqual(run.history, first.run.history)
  // The model was followed on shapes, with norms that otherwise talk to other ranks.
  assert.ok(run.details.layers.length > 3)
  assert.ok(run.details.totals.some((text) => text.includes('peak of a training step')))
}

const before = servers
const dashboard = new Dashboard()
check(await trainShown({ callbacks: [dashboard] }, () => dashboard.url), before)
if (rank === 0) console.log(`shown ok, ${size} ranks, ${family}`)
