import { afterAll, describe, expect, it } from 'vitest'
import { Child } from '../../../bench/child.ts'
import { difference } from '../../../bench/contest.ts'
import { samplePositions } from '../../../bench/fill.ts'
import { relu } from '../../../bench/ops/relu.ts'
import { findPytorch, type Settings, start, stridedCommand } from '../../../bench/peers/index.ts'
import { expectedValues, resultSize } from '../../../bench/suites/conv_check.ts'
import { CONV_PASSES, convShape } from '../../../bench/suites/conv_shapes.ts'
import { referenceValues } from '../../../bench/suites/ops.ts'

const settings: Settings = { threads: 1, cpus: null, isa: 'scalar' }

describe('start', () => {
  it('names what is missing and how to get it', async () => {
    const found = findPytorch(settings, ['no-such-python'])
    expect(await start(found, settings)).toBe('missing (apt-get install python3-torch libopenblas0-pthread)')
  })

  it('names a peer that does not start as missing', async () => {
    const command = { command: 'no-such-program', args: [], env: {} }
    expect(await start({ command }, settings)).toMatch(/^missing \(.*no-such-program.*\)$/)
  })
})

describe('our side', () => {
  const child = new Child(stridedCommand(settings))
  const request = (message: object) => child.request({ slot: 'a', ...message }, 50_000)
  afterAll(() => child.close())

  it('tells what it runs on', async () => {
    const hello = await request({ cmd: 'hello' })
    expect(hello).toMatchObject({ isa: 'scalar', threads: 1 })
    expect(hello.functional).toContain('conv2d')
    expect(hello.models).toContain('leNet5')
  })

  it('runs a kernel on the buffers of its case', async () => {
    const kernelCase = relu.passes.forward!({ size: 100 })
    const sample = samplePositions(100)
    const { values } = await request({ cmd: 'setup', kind: 'kernel', kernelCase, sample })
    expect(difference(values, referenceValues(kernelCase, sample))).toBeNull()
    expect((await request({ cmd: 'warm', ms: 2 })).ms).toBeGreaterThan(0)
    const { samples } = (await request({ cmd: 'run', ms: 2 })) as { samples: number[] }
    expect(samples.length).toBeGreaterThan(0)
    await request({ cmd: 'clear' })
    await expect(request({ cmd: 'run', ms: 2 })).rejects.toThrow('nothing is set up as a')
  })

  it.each(CONV_PASSES)('runs %s of a convolution through the public functions', async (pass) => {
    const sizes = { input: [2, 6, 7, 5], weight: [4, 3, 3, 2] }
    const steps = { stride: [2, 1], padding: [1, 0], dilation: 1, groups: 2 }
    const shape = convShape({ name: 'test', cls: 'test', op: 'conv2d', ...sizes, ...steps })
    const sample = samplePositions(resultSize(shape, pass))
    const { values } = await request({ cmd: 'setup', kind: 'conv', shape, pass, sample })
    expect(difference(values, expectedValues(shape, pass, sample))).toBeNull()
    // The values must still be right after many calls: gradients may not add up.
    await request({ cmd: 'warm', ms: 2 })
  })

  it('trains and evaluates a model', async () => {
    for (const pass of ['step', 'eval']) {
      const reply = await request({ cmd: 'setup', kind: 'model', model: 'mlp', pass, sample: [0, 319] })
      expect(reply.parameters).toBe(109_770)
      expect(reply.values).toHaveLength(2)
      expect((await request({ cmd: 'warm', ms: 2 })).ms).toBeGreaterThan(0)
    }
  })

  it('names a model that there is none of', async () => {
    await expect(request({ cmd: 'setup', kind: 'model', model: 'vgg', pass: 'eval', sample: [] })).rejects.toThrow(
      'no model vgg',
    )
  })
})
