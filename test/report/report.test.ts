import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FitOptions, fit, type Run, report } from '../../lib/index.ts'
import { pageData } from '../../lib/report/page_data.ts'
import { imageProblem } from './problem.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-report-'))
afterAll(() => rmSync(dir, { recursive: true }))

let run: Run
beforeAll(async () => {
  const { model, settings, moments } = imageProblem('digits')
  run = await fit(model, { ...settings, details: moments } as FitOptions)
})

const written = (given: Run): string => {
  const path = join(dir, 'report.html')
  report(given, path)
  return readFileSync(path, 'utf8')
}

/** The data that a page carries. */
const dataOf = (html: string): unknown => {
  const [, text] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? []
  return JSON.parse(text)
}

describe('report', () => {
  it('writes one file that holds the run and loads nothing', () => {
    const html = written(run)
    expect(dataOf(html)).toEqual(JSON.parse(JSON.stringify(pageData(run))))
    expect(html).not.toMatch(/<(link|script|img)[^>]+(src|href)="(?!data:)/)
    expect(html).toContain("default-src 'none'")
    expect(html).not.toContain('connect-src')
  })

  it('takes a run that was JSON in between', () => {
    expect(written(JSON.parse(JSON.stringify(run)))).toBe(written(run))
  })

  it('lets no text of the run end the element it stands in', () => {
    const name = '</script><img src=x onerror=alert(1)>'
    const html = written({ ...run, model: { ...run.model, name } })
    expect(html).toContain('<title>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; · training run</title>')
    expect(html).not.toContain('<img src=x')
    expect(dataOf(html)).toMatchObject({ run: { model: { name } } })
  })

  it('thins long curves to means of equal groups', () => {
    const loss = Array.from({ length: 7000 }, (_, i) => i)
    const { curve } = pageData({ ...run, steps: { loss, lr: loss.map(() => 0.1), gradNorm: [] } })
    expect(curve.step.slice(0, 3)).toEqual([3, 6, 9])
    expect(curve.loss.slice(0, 3)).toEqual([1, 4, 7])
    expect([curve.step.at(-1), curve.loss.at(-1)]).toEqual([7000, 6999])
    expect(new Set(curve.gradNorm)).toEqual(new Set([null]))
  })

  it('leaves out what is not finite', () => {
    const steps = { loss: [1, Number.NaN, 2], lr: [1, 1, 1], gradNorm: [1, Number.POSITIVE_INFINITY, 3] }
    const { curve } = pageData({ ...run, steps })
    expect([curve.loss, curve.gradNorm]).toEqual([
      [1, null, 2],
      [1, null, 3],
    ])
  })

  it('refuses what is no run, and a folder that is not there', () => {
    expect(() => report({} as Run, join(dir, 'never.html'))).toThrow(
      'report: expected a run of fit, got an object of class Object',
    )
    expect(() => report(run, join(dir, 'none', 'a.html'))).toThrow(
      `report: cannot write the file (ENOENT); ${join(dir, 'none', 'a.html')}`,
    )
  })
})
