import type { EpochRecord } from '../../train/run.ts'
import type { PageData } from '../page_data.ts'
import { count, duration, element, percent, short } from './dom.ts'

const STATES: Record<string, string> = {
  running: 'running',
  finished: 'finished',
  early: 'stopped early',
  stopped: 'stopped',
  interrupted: 'interrupted',
}

function bestOf({ run }: PageData): EpochRecord | undefined {
  return run.best === null ? undefined : run.history[run.best.epoch - 1]
}

function factsOf(data: PageData): [string, string][] {
  const { run, curve } = data
  const { history, model, optimizer, epochs, batches, seed, seconds, inputShape } = run
  const best = bestOf(data)
  const accuracy = (best?.validation ?? best?.train)?.metrics.accuracy
  const speed = history.reduce((sum, epoch) => sum + epoch.samplesPerSecond, 0) / history.length
  const lr = optimizer.groups[0]?.lr
  return [
    ...(best === undefined ? [] : ([['best epoch', `${best.epoch}`]] as [string, string][])),
    ...(typeof accuracy === 'number' ? ([['its accuracy', percent(accuracy)]] as [string, string][]) : []),
    ...(best === undefined ? [] : ([['its loss', short((best.validation ?? best.train).loss)]] as [string, string][])),
    ['epochs', `${history.length} of ${epochs}`],
    ['steps', `${count(curve.step.at(-1) ?? 0)}, ${count(batches.train)} batches an epoch`],
    ...(history.length === 0 ? [] : ([['speed', `${count(Math.round(speed))} samples/s`]] as [string, string][])),
    ...(seconds > 0 ? ([['time', duration(seconds)]] as [string, string][]) : []),
    ['parameters', count(model.parameters)],
    ...(inputShape === null ? [] : ([['input', inputShape.join(' × ')]] as [string, string][])),
    ['optimizer', typeof lr === 'number' ? `${optimizer.name}, lr ${short(lr)}` : optimizer.name],
    ['seed', seed === null ? 'not set' : String(seed)],
  ]
}

/** The name of the run, how it stands, its numbers and what the curves say. */
export function headOf(data: PageData, lost: boolean): HTMLElement {
  const { model, outcome, started, verdict } = data.run
  const state = lost ? 'lost' : outcome
  const text = lost ? 'server gone' : (STATES[outcome] ?? outcome)
  const facts = factsOf(data).map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, value)),
  )
  const begun = new Date(started)
  return element(
    'header',
    {},
    element('h1', {}, model.name, element('span', { class: `state ${state}` }, text)),
    element('p', { class: 'note' }, `Training run, begun ${begun.toLocaleString('en-GB')}`),
    element('dl', { class: 'facts' }, ...facts),
    verdict === null ? null : element('div', { class: 'card verdict' }, verdict.text),
  )
}
