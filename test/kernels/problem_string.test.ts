import { describe, expect, it } from 'vitest'
import { type ProblemOp, type Problems, parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import type { CaseSet } from '../cases/case_set.ts'
import { caseSets } from '../cases/index.ts'

describe('problem strings', () => {
  it('leave out what follows from the rest', () => {
    const conv: Problems['conv2d'] = {
      ...{ n: 1, g: 1, ic: 64, ih: 56, iw: 56, oc: 128, oh: 56, ow: 56 },
      ...{ kh: 3, kw: 3, sh: 1, sw: 1, ph: 1, pw: 1, dh: 1, dw: 1, relu: false },
    }
    expect(printProblem('conv2d', conv)).toBe('ic64ih56oc128kh3sh1ph1')
    expect(parseProblem('conv2d', 'ic64ih56oc128kh3sh1ph1')).toEqual(conv)
    expect(parseProblem('conv2d', 'ic64ih56oc128kh3ph1')).toEqual(conv)
  })

  it('name every size that does not follow', () => {
    const text = 'n2g3ic9ih8iw5oc6kh3kw2sh2sw1ph1pw0dh2dw3oh4ow4'
    const problem = parseProblem('conv2d', text)
    expect(problem).toEqual({
      ...{ n: 2, g: 3, ic: 9, ih: 8, iw: 5, oc: 6, oh: 4, ow: 4 },
      ...{ kh: 3, kw: 2, sh: 2, sw: 1, ph: 1, pw: 0, dh: 2, dw: 3, relu: false },
    })
    expect(printProblem('conv2d', problem)).toBe(text)
  })

  it('take a window as its own stride in pooling', () => {
    expect(parseProblem('max_pool', 'c4ih9kh3')).toMatchObject({ sh: 3, sw: 3, ph: 0, oh: 3, ow: 3 })
  })

  it('hold lists, words and flags', () => {
    expect(parseProblem('matmul', 'b2x3m4k5n6as20x0bs0x30_ta')).toEqual({
      ...{ batchShape: [2, 3], m: 4, k: 5, n: 6, aBatchStrides: [20, 0], bBatchStrides: [0, 30] },
      ...{ transposeA: true, transposeB: false },
    })
    expect(parseProblem('cast', 'size3_float32_int64')).toEqual({ size: 3, from: 'float32', to: 'int64' })
    expect(parseProblem('batch_norm', 'rows4c2eps1e-7momentum0.5_relu')).toEqual({
      ...{ rows: 4, c: 2, eps: 1e-7, momentum: 0.5, add: false, relu: true },
    })
  })

  it('join the groups of an optimizer by plus signs', () => {
    const group = { sizes: [3], lr: 0.5, eps: 1e-10, weightDecay: 0, maximize: false }
    const text = 'sizes3lr0.5+sizes4x5lr1e+21_maximize'
    const groups = [group, { ...group, sizes: [4, 5], lr: 1e21, maximize: true }]
    expect(parseProblem('adagrad', text)).toEqual({ groups })
    expect(printProblem('adagrad', { groups })).toBe(text)
  })

  for (const [op, set] of Object.entries(caseSets) as [ProblemOp, CaseSet<ProblemOp>][]) {
    it(`of ${op} go there and back`, () => {
      const texts = [...Object.values(set.layers), ...Object.values(set.edges)]
      for (const text of texts) {
        const problem = parseProblem(op, text)
        expect(printProblem(op, problem)).toBe(text)
        expect(set.flops(problem)).toBeGreaterThanOrEqual(0)
        expect(set.bytes(problem)).toBeGreaterThanOrEqual(0)
      }
      expect(new Set(texts).size).toBeGreaterThan(1)
    })
  }

  it('count only products with real input', () => {
    const conv = (text: string): number => caseSets.conv2d.flops(parseProblem('conv2d', text))
    // 4 corners with 4 taps, 4 edges with 6 and the middle with 9: 49 products.
    expect(conv('ic1ih3oc1kh3sh1ph1')).toBe(2 * 49)
    expect(conv('n2ic6ih5oc9kh5sh1ph0')).toBe(2 * 2 * 6 * 9 * 25)
  })

  const errors: [ProblemOp, string, string][] = [
    ['linear', 'n3ic4', 'problem: expected a part oc, got "n3ic4"; linear takes n ic oc'],
    [
      'linear',
      'n3ic4ic5oc6',
      'problem: expected each part once (ic comes twice), got "n3ic4ic5oc6"; linear takes n ic oc',
    ],
    ['linear', 'n3ic4oc5g2', 'problem: expected only parts of linear (no "g"), got "n3ic4oc5g2"; linear takes n ic oc'],
    [
      'linear',
      'n3ic4oc5_ta',
      'problem: expected only parts of linear (no "ta"), got "n3ic4oc5_ta"; linear takes n ic oc',
    ],
    [
      'relu',
      'size',
      'problem: expected letters and numbers by turns, then words after underscores (no "size"), got "size"; relu takes size',
    ],
    ['relu', 'size2x3', 'problem: expected one number after size, got "size2x3"; relu takes size'],
    [
      'unary',
      'size3_cube',
      'problem: expected _op, one of neg abs exp log sqrt square reciprocal sign floor, got "size3_cube"; unary takes size op',
    ],
  ]
  for (const [op, text, message] of errors) {
    it(`refuse ${op} ${text}`, () => {
      expect(() => parseProblem(op, text)).toThrow(message)
    })
  }
})
