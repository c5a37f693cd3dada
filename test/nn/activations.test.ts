import { expect, it } from 'vitest'
import { functional as F, nn, RangeError, type Tensor, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const x = tensor([-3.5, -1.2, -0.1, 0.4, 1.1, 7])

// Descriptions as PyTorch 1.13 prints them.
const table: [nn.Module, (input: Tensor) => Tensor, string][] = [
  [new nn.LeakyReLU(), (y) => F.leakyRelu(y), 'LeakyReLU(negative_slope=0.01)'],
  [
    new nn.LeakyReLU({ negativeSlope: 0.2 }),
    (y) => F.leakyRelu(y, { negativeSlope: 0.2 }),
    'LeakyReLU(negative_slope=0.2)',
  ],
  [new nn.ELU(), (y) => F.elu(y), 'ELU(alpha=1.0)'],
  [new nn.ELU({ alpha: 0.5 }), (y) => F.elu(y, { alpha: 0.5 }), 'ELU(alpha=0.5)'],
  [new nn.SELU(), F.selu, 'SELU()'],
  [new nn.CELU({ alpha: 2 }), (y) => F.celu(y, { alpha: 2 }), 'CELU(alpha=2.0)'],
  [new nn.Sigmoid(), F.sigmoid, 'Sigmoid()'],
  [new nn.Tanh(), F.tanh, 'Tanh()'],
  [new nn.SiLU(), F.silu, 'SiLU()'],
  [new nn.GELU(), (y) => F.gelu(y), "GELU(approximate='none')"],
  [new nn.GELU({ approximate: 'tanh' }), (y) => F.gelu(y, { approximate: 'tanh' }), "GELU(approximate='tanh')"],
  [new nn.Mish(), F.mish, 'Mish()'],
  [new nn.Softplus(), (y) => F.softplus(y), 'Softplus(beta=1, threshold=20)'],
  [
    new nn.Softplus({ beta: 2, threshold: 3 }),
    (y) => F.softplus(y, { beta: 2, threshold: 3 }),
    'Softplus(beta=2, threshold=3)',
  ],
  [new nn.Softsign(), F.softsign, 'Softsign()'],
  [new nn.Hardsigmoid(), F.hardsigmoid, 'Hardsigmoid()'],
  [new nn.Hardswish(), F.hardswish, 'Hardswish()'],
  [new nn.Hardtanh(), (y) => F.hardtanh(y), 'Hardtanh(min_val=-1.0, max_val=1.0)'],
  [new nn.Hardtanh({ maxVal: 2 }), (y) => F.hardtanh(y, { maxVal: 2 }), 'Hardtanh(min_val=-1.0, max_val=2.0)'],
  [new nn.ReLU6(), F.relu6, 'ReLU6()'],
  [new nn.Softmax(0), (y) => F.softmax(y, 0), 'Softmax(dim=0)'],
  [new nn.LogSoftmax(-1), (y) => F.logSoftmax(y, -1), 'LogSoftmax(dim=-1)'],
]

it.each(table)('%s', (layer, run, text) => {
  expect([layer.forward(x).equal(run(x)), layer.toString()]).toEqual([true, text])
})

it('refuses settings out of range when it is made', () => {
  const nan = Number.NaN
  throws(
    () => new nn.LeakyReLU({ negativeSlope: nan }),
    RangeError,
    'LeakyReLU: expected negativeSlope to be a finite number, got NaN',
  )
  throws(
    () => new nn.LeakyReLU({ slope: 1 } as never),
    RangeError,
    'LeakyReLU: expected options negativeSlope, got "slope"',
  )
  throws(() => new nn.ELU({ alpha: nan }), RangeError, 'ELU: expected alpha to be a finite number, got NaN')
  throws(() => new nn.CELU({ alpha: nan }), RangeError, 'CELU: expected alpha to be a finite number, got NaN')
  throws(() => new nn.CELU({ alpha: 0 }), RangeError, 'CELU: expected alpha to be other than 0')
  throws(
    () => new nn.GELU({ approximate: 'erf' as never }),
    RangeError,
    'GELU: expected approximate to be one of "none", "tanh", got "erf"',
  )
  throws(() => new nn.Softplus({ beta: nan }), RangeError, 'Softplus: expected beta to be a finite number, got NaN')
  throws(
    () => new nn.Softplus({ threshold: nan }),
    RangeError,
    'Softplus: expected threshold to be a finite number, got NaN',
  )
  throws(() => new nn.Hardtanh({ minVal: 2 }), RangeError, 'Hardtanh: expected maxVal above minVal, got 1 and 2')
  throws(
    () => new nn.Softmax(0.5),
    RangeError,
    `Softmax: expected dim to be an integer of at least ${Number.MIN_SAFE_INTEGER}, got 0.5`,
  )
  throws(
    () => new nn.LogSoftmax(0.5),
    RangeError,
    `LogSoftmax: expected dim to be an integer of at least ${Number.MIN_SAFE_INTEGER}, got 0.5`,
  )
})
