import { type LintOptions, nn, optim, type Tensor } from '../../../lib/index.ts'

const { BatchNorm2d, Conv2d, Dropout, Dropout2d, Flatten, GlobalAvgPool, Linear, MaxPool2d, ReLU, Sequential } = nn

/** A model and what lint is told about it. */
export interface Example {
  model: nn.Module
  options?: Partial<LintOptions>
}

/** One example that a rule objects to, at `path`, and one that it does not. */
export interface RuleExamples {
  fails: () => Example
  path: string
  why: string
  passes: () => Example
}

const conv = (from: number, to: number, options = {}): nn.Module => new Conv2d(from, to, 3, { padding: 1, ...options })
/** Convolution without bias, batch norm and ReLU. */
const block = (from: number, to: number): nn.Module[] => [
  conv(from, to, { bias: false }),
  new BatchNorm2d(to),
  new ReLU(),
]
/** Global pooling and classes. */
const head = (channels: number): nn.Module[] => [new GlobalAvgPool(), new Flatten(), new Linear(channels, 4)]
const images = (...modules: nn.Module[]): Example => ({
  model: new Sequential(...modules),
  options: { inputShape: [2, 3, 16, 16] },
})
const rows = (...modules: nn.Module[]): Example => ({
  model: new Sequential(...modules),
  options: { inputShape: [2, 8] },
})
const stack = (between: () => nn.Module[]): nn.Module[] =>
  Array.from({ length: 10 }, () => [new Linear(8, 8), ...between()]).flat()

/** Adds a branch to its input. */
class Skip extends nn.Module {
  readonly branch: nn.Module

  constructor(branch: nn.Module) {
    super()
    this.branch = branch
  }

  override forward(input: Tensor): Tensor {
    return this.branch.forward(input).add(input)
  }
}

/** Runs one of its layers. */
class Spare extends nn.Module {
  used = new Linear(8, 4)
  spare: nn.Module

  constructor(spare: nn.Module) {
    super()
    this.spare = spare
  }

  override forward(input: Tensor): Tensor {
    return this.used.forward(input)
  }
}

function withOptimizer(make: (model: nn.Module) => optim.SGD | optim.Adam | optim.AdamW): Example {
  const model = new Sequential(new Flatten(), new Linear(8, 4))
  return { model, options: { inputShape: [2, 8], optimizer: make(model) as never } }
}

function modes(change: (model: nn.Sequential) => void): Example {
  const model = new Sequential(...block(3, 4), ...head(4))
  change(model)
  return { model, options: { inputShape: [2, 3, 16, 16] } }
}

/** Every rule of lint. */
export const examples: Record<string, RuleExamples> = {
  'missing-nonlinearity': {
    fails: () => rows(new Linear(8, 8), new nn.BatchNorm1d(8), new Linear(8, 4)),
    path: '2',
    why: 'Nothing between 0 and this layer is non-linear, so both together do what one could.',
    passes: () => rows(new Linear(8, 8), new ReLU(), new Linear(8, 4)),
  },
  'repeated-activation': {
    fails: () => images(conv(3, 4), new ReLU(), new ReLU(), ...head(4)),
    path: '2',
    why: 'relu behind relu changes nothing but costs a pass over the map.',
    passes: () => images(conv(3, 4), new ReLU(), ...head(4)),
  },
  'softmax-before-cross-entropy': {
    fails: () => rows(new Linear(8, 4), new nn.Softmax(1)),
    path: '1',
    why: 'The model ends in softmax, and cross entropy takes the softmax of its input itself.',
    passes: () => rows(new Linear(8, 4)),
  },
  'activation-at-the-end': {
    fails: () => rows(new Linear(8, 8), new nn.Tanh(), new Linear(8, 4), new ReLU()),
    path: '3',
    why: 'The activation behind the last layer cuts off all negative outputs and their gradients.',
    passes: () => rows(new Linear(8, 8), new ReLU(), new Linear(8, 4)),
  },
  'saturating-stack': {
    fails: () => rows(...stack(() => [new nn.Sigmoid()]), new Linear(8, 4)),
    path: '9',
    why: 'This is the fifth sigmoid in a row without a norm between them, and gradients shrink at each.',
    passes: () => rows(...stack(() => [new nn.BatchNorm1d(8), new nn.Sigmoid()]), new Linear(8, 4)),
  },
  'residual-shapes': {
    fails: () => images(new Skip(new Sequential(conv(3, 3), new GlobalAvgPool())), new ReLU(), ...head(3)),
    path: '0',
    why: 'Branches of shapes [2, 3, 1, 1] and [2, 3, 16, 16] are added, and the smaller one is repeated.',
    passes: () => images(new Skip(conv(3, 3)), new ReLU(), ...head(3)),
  },
  'forward-fails': {
    fails: () => images(conv(3, 4), new ReLU(), conv(5, 4)),
    path: '2',
    why:
      'The forward pass fails here: conv2d: expected input channels to equal weight.shape[1] * groups (5 * 1 = 5), got 4; ' +
      'input [2, 4, 16, 16], weight [4, 5, 3, 3].',
    passes: () => images(conv(3, 4), new ReLU(), conv(4, 4)),
  },
  'even-kernel': {
    fails: () => images(new Conv2d(3, 4, 4, { padding: 'same' }), new ReLU(), ...head(4)),
    path: '0',
    why: 'A window of 4x4 has no middle, so padding it to keep the size shifts the image by half an element.',
    passes: () => images(new Conv2d(3, 4, 2, { stride: 2 }), new ReLU(), ...head(4)),
  },
  'collapsed-map': {
    fails: () => images(conv(3, 4), new ReLU(), new MaxPool2d(16), conv(4, 4), new ReLU(), ...head(4)),
    path: '3',
    why: 'The feature map has shrunk to a single place before this convolution of 3x3, which sees nothing but padding around it.',
    passes: () => images(conv(3, 4), new ReLU(), new MaxPool2d(4), conv(4, 4), new ReLU(), ...head(4)),
  },
  'receptive-field-large': {
    fails: () =>
      images(
        ...Array.from({ length: 4 }, () => [conv(3, 3), new ReLU(), new MaxPool2d(2)])
          .flat()
          .concat(conv(3, 3)),
      ),
    path: '12',
    why: 'Every place already sees 46x46 of the image of 16x16 before this convolution, which has nothing to add.',
    passes: () => images(conv(3, 3), new ReLU(), new MaxPool2d(2), conv(3, 3), new ReLU(), ...head(3)),
  },
  'receptive-field-small': {
    fails: () => images(conv(3, 4), new ReLU(), ...head(4)),
    path: '2',
    why: 'Global pooling averages features that see only 3x3 of the image of 16x16: textures, no shapes.',
    passes: () => images(conv(3, 4), new ReLU(), new MaxPool2d(2), ...head(4)),
  },
  'dominant-linear': {
    fails: () => ({
      model: new Sequential(conv(3, 8), new ReLU(), new Flatten(), new Linear(8 * 32 * 32, 128)),
      options: { inputShape: [2, 3, 32, 32] },
    }),
    path: '3',
    why: "This layer on a flattened map of 8x32x32 holds 100 % of the model's 1048928 parameters.",
    passes: () => ({
      model: new Sequential(conv(3, 8), new ReLU(), new GlobalAvgPool(), new Flatten(), new Linear(8, 128)),
      options: { inputShape: [2, 3, 8, 8] },
    }),
  },
  'norm-after-activation': {
    fails: () => images(conv(3, 4), new ReLU(), new BatchNorm2d(4), ...head(4)),
    path: '2',
    why: 'Batch norm comes after relu, whose output is not centred and partly constant.',
    passes: () => images(...block(3, 4), ...head(4)),
  },
  'bias-before-norm': {
    fails: () => images(conv(3, 4), new BatchNorm2d(4), new ReLU(), ...head(4)),
    path: '0',
    why: "batchNorm subtracts the mean, and the convolution's bias with it.",
    passes: () => images(...block(3, 4), ...head(4)),
  },
  'small-batch-norm': {
    fails: () => {
      const { model, options } = images(...block(3, 4), ...block(4, 4), ...head(4))
      return { model, options: { ...options, batchSize: 4 } }
    },
    path: '1',
    why: 'Batch norm (this one and 1 more) estimates its statistics from 4 images, which is too noisy.',
    passes: () => {
      const { model, options } = images(...block(3, 4), ...head(4))
      return { model, options: { ...options, batchSize: 8 } }
    },
  },
  'dropout-early': {
    fails: () =>
      images(conv(3, 4), new ReLU(), new Dropout2d({ p: 0.1 }), conv(4, 4), new ReLU(), conv(4, 4), ...head(4)),
    path: '2',
    why: 'Dropout behind convolution 1 of 3 takes away features that all later ones build on.',
    passes: () => images(conv(3, 4), new ReLU(), conv(4, 4), new ReLU(), new Dropout2d({ p: 0.1 }), ...head(4)),
  },
  'dropout-elementwise': {
    fails: () => images(conv(3, 4), new ReLU(), new Dropout({ p: 0.2 }), ...head(4)),
    path: '2',
    why: 'Neighbours in a feature map are alike, so dropping single elements hides little and only lowers the learning rate.',
    passes: () => images(conv(3, 4), new ReLU(), new GlobalAvgPool(), new Flatten(), new Dropout(), new Linear(4, 4)),
  },
  'dropout-rate': {
    fails: () => rows(new Linear(8, 8), new ReLU(), new Dropout({ p: 0.9 }), new Linear(8, 4)),
    path: '2',
    why: 'A rate of 0.9 on a fully connected layer is above the usual 0.6.',
    passes: () => rows(new Linear(8, 8), new ReLU(), new Dropout(), new Linear(8, 4)),
  },
  'shared-module': {
    fails: () => {
      const norm = new BatchNorm2d(4)
      return images(conv(3, 4, { bias: false }), norm, new ReLU(), conv(4, 4, { bias: false }), norm, ...head(4))
    },
    path: '1',
    why: 'This BatchNorm2d runs 2 times in one pass, with the same running statistics in all places.',
    passes: () => {
      const twice = nn.silenceLint(conv(3, 3), 'shared-module', 'the same filter at both scales')
      return images(twice, new ReLU(), twice, new ReLU(), new MaxPool2d(2), ...head(3))
    },
  },
  'mixed-modes': {
    fails: () => modes((model) => model.at(1)?.eval()),
    path: '1',
    why: 'BatchNorm2d is in evaluation mode while the model is in training mode.',
    // A norm that is frozen on purpose.
    passes: () => modes((model) => model.at(1)?.eval().requiresGrad_(false)),
  },
  'unused-module': {
    fails: () => ({ model: new Spare(new Linear(8, 4)), options: { inputShape: [2, 8] } }),
    path: 'spare',
    why: 'The forward pass does not use this Linear, so its parameters get no gradient.',
    passes: () => ({ model: new Spare(new ReLU()), options: { inputShape: [2, 8] } }),
  },
  'decay-on-bias-and-norm': {
    fails: () => withOptimizer((model) => new optim.SGD(model.parameters(), { lr: 0.1, weightDecay: 1e-4 })),
    path: '1.bias',
    why: 'Weight decay 0.0001 also pulls this towards 0, where it prevents no overfitting.',
    passes: () => withOptimizer((model) => new optim.SGD(optim.decayGroups(model, { weightDecay: 1e-4 }), { lr: 0.1 })),
  },
  'adam-coupled-decay': {
    fails: () =>
      withOptimizer((model) => new optim.Adam(optim.decayGroups(model, { weightDecay: 0.01 }), { lr: 1e-3 })),
    path: '1.weight',
    why: 'Adam divides the decay 0.01 by the size of the gradients, so weights with large gradients hardly decay.',
    passes: () =>
      withOptimizer((model) => new optim.AdamW(optim.decayGroups(model, { weightDecay: 0.01 }), { lr: 1e-3 })),
  },
  'parameters-not-optimized': {
    fails: () => withOptimizer((model) => new optim.SGD([...model.parameters()].slice(0, 1), { lr: 0.1 })),
    path: '1.bias',
    why: 'The optimizer does not hold this parameter, so training will not change it.',
    passes: () => withOptimizer((model) => new optim.SGD(model.parameters(), { lr: 0.1 })),
  },
}
