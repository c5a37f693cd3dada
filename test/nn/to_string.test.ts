import { expect, it } from 'vitest'
import { nn, ones, type Tensor, zeros } from '../../lib/index.ts'

// What PyTorch 1.13 prints for the same modules.
const layers: [object, string][] = [
  [new nn.Linear(2, 3), 'Linear(in_features=2, out_features=3, bias=True)'],
  [new nn.Linear(2, 3, { bias: false }), 'Linear(in_features=2, out_features=3, bias=False)'],
  [new nn.LazyLinear(3), 'LazyLinear(in_features=0, out_features=3, bias=True)'],
  [new nn.LazyConv1d(4, 3), 'LazyConv1d(0, 4, kernel_size=(3,), stride=(1,))'],
  [
    new nn.LazyConv2d(4, 3, { padding: 1, bias: false }),
    'LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)',
  ],
  [new nn.LazyConv3d(4, 3), 'LazyConv3d(0, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))'],
  [new nn.Conv1d(2, 4, 3), 'Conv1d(2, 4, kernel_size=(3,), stride=(1,))'],
  [
    new nn.Conv1d(2, 4, 3, { padding: 1, paddingMode: 'reflect' }),
    'Conv1d(2, 4, kernel_size=(3,), stride=(1,), padding=(1,), padding_mode=reflect)',
  ],
  [new nn.Conv2d(3, 6, 3), 'Conv2d(3, 6, kernel_size=(3, 3), stride=(1, 1))'],
  [
    new nn.Conv2d(4, 8, [3, 1], { stride: 2, padding: [1, 0], dilation: 2, groups: 4, bias: false }),
    'Conv2d(4, 8, kernel_size=(3, 1), stride=(2, 2), padding=(1, 0), dilation=(2, 2), groups=4, bias=False)',
  ],
  [new nn.Conv2d(1, 1, 3, { padding: 'same' }), 'Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=same)'],
  [new nn.Conv2d(1, 1, 3, { padding: 'valid' }), 'Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=valid)'],
  [
    new nn.Conv2d(2, 2, 3, { padding: 1, paddingMode: 'circular' }),
    'Conv2d(2, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), padding_mode=circular)',
  ],
  [new nn.Conv3d(1, 2, 3), 'Conv3d(1, 2, kernel_size=(3, 3, 3), stride=(1, 1, 1))'],
  [new nn.ConvTranspose1d(2, 4, 3), 'ConvTranspose1d(2, 4, kernel_size=(3,), stride=(1,))'],
  [
    new nn.ConvTranspose2d(2, 4, 3, { stride: 2, padding: 1, outputPadding: 1, bias: false }),
    'ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1), bias=False)',
  ],
  [
    new nn.ConvTranspose2d(4, 4, 2, { groups: 2, dilation: 2 }),
    'ConvTranspose2d(4, 4, kernel_size=(2, 2), stride=(1, 1), dilation=(2, 2), groups=2)',
  ],
  [new nn.ConvTranspose3d(2, 4, 3), 'ConvTranspose3d(2, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))'],
  [
    new nn.BatchNorm1d(4, { momentum: null, affine: false, trackRunningStats: false }),
    'BatchNorm1d(4, eps=1e-05, momentum=None, affine=False, track_running_stats=False)',
  ],
  [new nn.BatchNorm2d(16), 'BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)'],
  [
    new nn.BatchNorm3d(3, { eps: 1e-3 }),
    'BatchNorm3d(3, eps=0.001, momentum=0.1, affine=True, track_running_stats=True)',
  ],
  [new nn.Identity(), 'Identity()'],
  [new nn.Flatten(), 'Flatten(start_dim=1, end_dim=-1)'],
  [new nn.Flatten({ startDim: 0, endDim: 2 }), 'Flatten(start_dim=0, end_dim=2)'],
  [new nn.Unflatten(1, [2, -1]), 'Unflatten(dim=1, unflattened_size=(2, -1))'],
  [new nn.Dropout(), 'Dropout(p=0.5, inplace=False)'],
  [new nn.Dropout({ p: 0.2 }), 'Dropout(p=0.2, inplace=False)'],
  [new nn.Dropout2d({ p: 0.25 }), 'Dropout2d(p=0.25, inplace=False)'],
  [new nn.MaxPool2d(2), 'MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)'],
  [
    new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    'MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)',
  ],
  [new nn.AdaptiveAvgPool2d(1), 'AdaptiveAvgPool2d(output_size=1)'],
  [new nn.AdaptiveAvgPool2d([1, 1]), 'AdaptiveAvgPool2d(output_size=(1, 1))'],
  [new nn.Softmax(1), 'Softmax(dim=1)'],
  [new nn.LogSoftmax(-1), 'LogSoftmax(dim=-1)'],
  [new nn.CrossEntropyLoss(), 'CrossEntropyLoss()'],
  [new nn.CrossEntropyLoss({ weight: ones([2]) }), 'CrossEntropyLoss()'],
  [new nn.NLLLoss(), 'NLLLoss()'],
  [new nn.MSELoss(), 'MSELoss()'],
  [new nn.L1Loss(), 'L1Loss()'],
  [new nn.ReLU(), 'ReLU()'],
  [new nn.LeakyReLU(), 'LeakyReLU(negative_slope=0.01)'],
  [new nn.LeakyReLU({ negativeSlope: 0.2 }), 'LeakyReLU(negative_slope=0.2)'],
  [new nn.ELU(), 'ELU(alpha=1.0)'],
  [new nn.SELU(), 'SELU()'],
  [new nn.CELU(), 'CELU(alpha=1.0)'],
  [new nn.ReLU6(), 'ReLU6()'],
  [new nn.GELU(), "GELU(approximate='none')"],
  [new nn.GELU({ approximate: 'tanh' }), "GELU(approximate='tanh')"],
  [new nn.SiLU(), 'SiLU()'],
  [new nn.Mish(), 'Mish()'],
  [new nn.Hardswish(), 'Hardswish()'],
  [new nn.Hardsigmoid(), 'Hardsigmoid()'],
  [new nn.Hardtanh(), 'Hardtanh(min_val=-1.0, max_val=1.0)'],
  [new nn.Sigmoid(), 'Sigmoid()'],
  [new nn.Tanh(), 'Tanh()'],
  [new nn.Softplus(), 'Softplus(beta=1, threshold=20)'],
  [new nn.Softplus({ beta: 2, threshold: 10 }), 'Softplus(beta=2, threshold=10)'],
  [new nn.Softsign(), 'Softsign()'],
  [new nn.Sequential(), 'Sequential()'],
  [new nn.ModuleList(), 'ModuleList()'],
  [new nn.ModuleDict(), 'ModuleDict()'],
  [new nn.ParameterList(), 'ParameterList()'],
  [
    new nn.ModuleList([new nn.Linear(1, 1), new nn.ReLU()]),
    'ModuleList(\n  (0): Linear(in_features=1, out_features=1, bias=True)\n  (1): ReLU()\n)',
  ],
  [
    new nn.ModuleDict({ a: new nn.Linear(1, 1), b: new nn.ReLU() }),
    'ModuleDict(\n  (a): Linear(in_features=1, out_features=1, bias=True)\n  (b): ReLU()\n)',
  ],
  [
    new nn.ParameterList([zeros([2, 3]), zeros([4])]),
    'ParameterList(\n' +
      '    (0): Parameter containing: [torch.float32 of size 2x3]\n' +
      '    (1): Parameter containing: [torch.float32 of size 4]\n)',
  ],
  [
    new nn.Sequential(new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU()), new nn.Flatten()),
    'Sequential(\n  (0): Sequential(\n    (0): Linear(in_features=1, out_features=2, bias=True)\n    (1): ReLU()\n  )\n' +
      '  (1): Flatten(start_dim=1, end_dim=-1)\n)',
  ],
]

it.each(layers.map(([layer, text]) => [text, layer] as const))('%s', (text, layer) => {
  expect(String(layer)).toBe(text)
})

class Net extends nn.Module {
  first = new nn.Sequential(new nn.Linear(1, 1))
  again = this.first
  readonly #extra: string
  constructor(extra: string) {
    super()
    this.#extra = extra
  }
  override forward(input: Tensor): Tensor {
    return this.again.forward(this.first.forward(input))
  }
  override extraRepr(): string {
    return this.#extra
  }
}

class Bare extends nn.Identity {
  override extraRepr(): string {
    return 'a=1,\nb=2'
  }
}

it('shows settings above what is inside, and a shared module in each of its places', () => {
  const layer = '(0): Linear(in_features=1, out_features=1, bias=True)'
  const part = (name: string) => `  (${name}): Sequential(\n    ${layer}\n  )\n`
  expect(String(new Net('scale=2'))).toBe(`Net(\n  scale=2\n${part('first')}${part('again')})`)
  expect(String(new Net(''))).toBe(`Net(\n${part('first')}${part('again')})`)
  expect(String(new Bare())).toBe('Bare(\n  a=1,\n  b=2\n)')
})

it('calls a lazy module by the name of the plain one as soon as it knows its shapes', () => {
  const conv = new nn.LazyConv2d(4, 3)
  conv.forward(zeros([1, 2, 5, 5]))
  expect(String(conv)).toBe('Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1))')
  const linear = new nn.LazyLinear(4)
  linear.loadStateDict({ weight: zeros([4, 2]), bias: zeros([4]) })
  expect(String(linear)).toBe('Linear(in_features=2, out_features=4, bias=True)')
})
