import { afterEach, describe, expect, it } from 'vitest'
import { functional as F, memory, nn, noGrad, ones, optim, StateError, tensor, tidy, zeros } from '../../lib/index.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { gather } from '../support/gather.ts'
import { type SmallTraining, smallTraining } from '../support/small_training.ts'

/** A step that is left by an exception in the middle, then looked at; and the step after it. */
function leave(interrupt: (training: SmallTraining) => () => void): void {
  const expected = withBackend(createNativeBackend(), () => {
    const { model, step, state } = smallTraining()
    model.eval()
    return [step().item(), ...state()]
  })
  const home = createNativeBackend()
  const training = withBackend(home, smallTraining)
  training.model.eval()
  const undo = interrupt(training)
  const before = withBackend(home, training.state)
  expect(() => withBackend(home, training.step)).toThrow('in the middle')
  undo()
  expect(withBackend(home, training.state)).toEqual(before)
  const storages = (): number => {
    training.model.zeroGrad()
    return gather(home).storages
  }
  expect([withBackend(home, training.step).item(), ...withBackend(home, training.state)]).toEqual(expected)
  // The optimizer's momentum is there now; what the step that was left had made is not.
  const settled = storages()
  withBackend(home, training.step).dispose()
  expect(storages()).toBeLessThanOrEqual(settled)
}

describe('an exception', () => {
  it('in a hook in the middle of backward changes no weight and spoils no later step', () => {
    leave(({ model }) => {
      const handle = model.registerForwardHook(((_: unknown, __: unknown, output: ReturnType<typeof ones>) => {
        output.registerHook(() => {
          throw new Error('in the middle')
        })
      }) as never)
      return () => handle.remove()
    })
  })

  it('in a forward hook does so too', () => {
    leave(({ model }) => {
      const handle = [...model.children()][5].registerForwardHook(() => {
        throw new Error('in the middle')
      })
      return () => handle.remove()
    })
  })

  it('inside noGrad, tidy and a closure of an optimizer leaves their modes as they were', () => {
    const fail = (): never => {
      throw new Error('in the middle')
    }
    const before = memory().storages
    expect(() => noGrad(() => tidy(() => [ones([3]).add(1), fail()]))).toThrow('in the middle')
    expect(memory().storages).toBe(before)
    const weight = ones([2], { requiresGrad: true })
    expect(weight.mul(2).requiresGrad).toBe(true)
  })

  it('in a getter of an option object reaches the caller, and nothing is kept', () => {
    const before = memory().storages
    const options = {
      get stride(): number {
        throw new Error('in the middle')
      },
    }
    const [input, weight] = [ones([1, 1, 4, 4]), ones([1, 1, 3, 3])]
    expect(() => F.conv2d(input, weight, null, options)).toThrow('in the middle')
    expect(memory().storages).toBe(before + 2)
  })
})

describe('an option whose getter changes its answer', () => {
  it('does no harm', () => {
    let looks = 0
    const options = {
      get padding(): number {
        return looks++ % 2 === 0 ? 1 : 1000
      },
    }
    const output = F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3]), null, options)
    expect(output.toTypedArray().length).toBe(output.size)
  })

  it('that disposes the input is an error', () => {
    const input = ones([1, 1, 4, 4])
    const options = {
      get padding(): number {
        input.dispose()
        return 1
      },
    }
    expect(() => F.conv2d(input, ones([1, 1, 3, 3]), null, options)).toThrow('tensor [1, 1, 4, 4] was disposed')
  })
})

describe('a polluted prototype', () => {
  const polluted = Object.prototype as Record<string, unknown>
  afterEach(() => {
    for (const name of ['stride', 'padding', 'requiresGrad', 'momentum', 'shape']) delete polluted[name]
  })

  it('with values of the right kind changes options that were not given, as in any JavaScript, and breaks no memory', () => {
    polluted.padding = 1
    polluted.stride = 2
    const output = F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3]))
    expect(output.toTypedArray().length).toBe(output.size)
  })

  it('with values of the wrong kind is refused by name', () => {
    polluted.stride = 'many'
    expect(() => F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3]), null, {})).toThrow(/stride/)
    polluted.momentum = Number.NaN
    expect(() => new optim.SGD([ones([1], { requiresGrad: true })], { lr: 1, momentum: Number.NaN })).toThrow(
      /momentum/,
    )
  })
})

describe('a disposed tensor', () => {
  it('is refused by name wherever it turns up', () => {
    const gone = ones([2, 3])
    gone.dispose()
    gone.dispose()
    const uses: (() => unknown)[] = [
      () => gone.toArray(),
      () => gone.add(1),
      () => ones([2, 3]).mul(gone),
      () => gone.reshape([3, 2]),
      () => gone.sum(),
      () => F.relu(gone),
      () => gone.detach(),
      () => new nn.Linear(3, 2).forward(gone),
    ]
    for (const use of uses) expect(use).toThrow(StateError)
    expect(String(gone)).toBe('tensor(disposed, shape=[2, 3])')
  })

  it('that the tape still needs stays valid for it', () => {
    const weight = tensor([2, 3], { requiresGrad: true })
    const input = tensor([5, 7])
    const loss = weight.mul(input).sum()
    input.dispose()
    loss.backward()
    expect(weight.grad?.toArray()).toEqual([5, 7])
  })
})

describe('a tensor of another backend or another thread', () => {
  it('is refused, and nobody’s memory is touched', () => {
    const here = zeros([4])
    const there = withBackend(createNativeBackend(), () => {
      // More blocks than here, so that the number of this one names nothing here.
      const many = Array.from({ length: 3000 }, () => ones([4]))
      return many[2999]
    })
    expect(() => here.add(there)).toThrow()
    expect(here.toArray()).toEqual([0, 0, 0, 0])
  })

  it('comes as a plain object from a worker and is refused by name', () => {
    const copy = structuredClone({ shape: [2], dtype: 'float32', offset: 0 })
    expect(() => ones([2]).add(copy as never)).toThrow()
    expect(() => F.relu(copy as never)).toThrow()
    expect(() => structuredClone(ones([2]))).toThrow()
  })
})
