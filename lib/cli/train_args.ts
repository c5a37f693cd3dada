import { type Command, helpOf, type Options, parse, UsageError, type Values } from './args.ts'
import { mergeRecipe, type RecipeFunctions, readRecipe } from './recipe.ts'

/** What the training command was asked to do. */
export interface TrainArgs {
  /** What a recipe computes instead of naming it. */
  functions: RecipeFunctions
  /** What to train on; null for the drawn digits. */
  data: string | null
  model: string
  modelOptions: Record<string, unknown> | null
  epochs: number
  batchSize: number
  optimizer: 'sgd' | 'adam' | 'adamw' | 'rmsprop' | 'adagrad'
  lr: number
  momentum: number
  nesterov: boolean
  weightDecay: number
  schedule: 'cosine' | 'constant' | 'step' | 'onecycle' | 'plateau'
  stepSize: number
  gamma: number
  warmup: number
  labelSmoothing: number
  accumulate: number
  clip: number | null
  dropout: number | null
  crop: number
  flip: boolean
  label: string | null
  noHeader: boolean
  scale: number
  imageSize: number | null
  seed: number
  threads: number | null
  workers: number
  patience: number | null
  minDelta: number
  monitor: 'loss' | 'accuracy'
  checkpoints: string | null
  everySteps: number | null
  resume: boolean
  out: string
  report: string | null
  dashboard: boolean
  dashboardPort: number | null
  json: boolean
  quiet: boolean
}

const options: Options = {
  recipe: {
    value: 'FILE',
    help: 'JSON object, or JavaScript or TypeScript module, with these options in camelCase; what is given here wins',
  },
  data: {
    value: 'DATA',
    help:
      "folder of MNIST-style IDX files, of CIFAR's binary files or of one folder of images per class, or a CSV file; what " +
      'has no test part is split 80/20 (default: digits that the library draws itself)',
  },
  label: {
    value: 'COLUMN',
    help: 'name or number of the column of a CSV file that holds the classes (default: the first)',
  },
  'no-header': { help: 'says that the first row of a CSV file is one of numbers' },
  scale: { value: 'X', kind: 'positive', default: 1, help: 'what the numbers of a CSV file are divided by' },
  'image-size': {
    value: 'N',
    kind: 'integer',
    least: 1,
    help: 'height and width that images of a folder get (default: their own)',
  },
  model: { value: 'NAME', default: 'leNet5', help: 'network of the library, see strided summary --help' },
  'model-options': { value: 'JSON', kind: 'json', help: 'options of the network, such as \'{"normLayer":"group"}\'' },
  epochs: { value: 'N', kind: 'integer', least: 1, default: 3, help: 'passes over the training data' },
  'batch-size': { value: 'N', kind: 'integer', least: 1, default: 64, help: 'samples per step' },
  optimizer: {
    value: 'NAME',
    kind: 'choice',
    choices: ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'],
    default: 'sgd',
    help: 'sgd, adam, adamw, rmsprop or adagrad',
  },
  lr: { value: 'X', kind: 'positive', default: 0.05, help: 'learning rate' },
  momentum: { value: 'X', kind: 'number', default: 0.9, help: 'of sgd and rmsprop' },
  nesterov: { help: "Nesterov's momentum for sgd" },
  'weight-decay': { value: 'X', kind: 'number', default: 0, help: 'of weights; biases and norms never decay' },
  schedule: {
    value: 'NAME',
    kind: 'choice',
    choices: ['cosine', 'constant', 'step', 'onecycle', 'plateau'],
    default: 'cosine',
    help: 'of the learning rate: cosine to 0 over all steps, constant, step (times gamma every step-size epochs), onecycle, plateau (times gamma when stuck)',
  },
  'step-size': {
    value: 'N',
    kind: 'integer',
    least: 1,
    default: 10,
    help: 'epochs between two drops of the step schedule',
  },
  gamma: { value: 'X', kind: 'positive', default: 0.1, help: 'factor of the schedules step and plateau' },
  warmup: { value: 'N', kind: 'integer', default: 0, help: 'steps over which the rate rises before the cosine' },
  'label-smoothing': { value: 'X', kind: 'number', default: 0, help: 'share of the target spread over all classes' },
  accumulate: { value: 'N', kind: 'integer', least: 1, default: 1, help: 'batches whose gradients make one step' },
  clip: { value: 'X', kind: 'positive', help: 'largest norm of the gradients (default: none)' },
  dropout: { value: 'X', kind: 'number', help: "rate of the network's dropouts (default: their own)" },
  crop: { value: 'N', kind: 'integer', default: 0, help: 'random crops of the images padded by N pixels' },
  flip: { help: 'mirrors half of the images, chosen at random' },
  seed: {
    value: 'N',
    kind: 'integer',
    default: 0,
    help: 'decides drawing, split, order, augmentation and initial weights',
  },
  threads: {
    value: 'N',
    kind: 'integer',
    least: 1,
    help: 'threads to compute with; the result is the same for any number (default: all that this process may use)',
  },
  workers: {
    value: 'N',
    kind: 'integer',
    default: 0,
    help: 'threads that prepare batches; the result is the same for any number',
  },
  patience: {
    value: 'N',
    kind: 'integer',
    help: 'stops after N epochs without improvement and keeps the best weights (default: never)',
  },
  'min-delta': { value: 'X', kind: 'number', default: 0, help: 'least change that is an improvement' },
  monitor: {
    value: 'NAME',
    kind: 'choice',
    choices: ['loss', 'accuracy'],
    default: 'loss',
    help: 'what of the test data says how good an epoch is: loss or accuracy',
  },
  checkpoints: { value: 'DIR', help: 'folder for last.ckpt and best.ckpt, from which a run can go on' },
  'every-steps': {
    value: 'N',
    kind: 'integer',
    least: 1,
    help: 'steps between two checkpoints within an epoch (default: at its end)',
  },
  resume: { help: 'goes on from last.ckpt of the checkpoints, if it is there' },
  out: { value: 'FILE', default: 'runs/lenet5.safetensors', help: 'where the model goes' },
  report: { value: 'FILE', help: 'writes the run as an HTML page: curves, mistakes, filters, weights' },
  dashboard: { help: 'serves that page on 127.0.0.1 while training runs' },
  'dashboard-port': { value: 'N', kind: 'integer', help: 'its port (default: any that is free)' },
  json: { help: 'prints one JSON object, the story of the run, instead of progress' },
  quiet: { help: 'prints the result alone' },
}

/** The training command, as its help describes it. */
export const trainHelp: Omit<Command, 'run'> = {
  summary: 'train a network and save it',
  synopsis: '[options]',
  about:
    'Trains a network on labelled images or numbers, by default LeNet-5 on images of handwritten digits, and saves it. ' +
    'Exit codes: 0, 1 when the loss became infinite or NaN, 2 when the command line or the files are not usable, 130 after ' +
    'Ctrl-C, which finishes the batch and saves a checkpoint first.',
  options,
}

export const usage = helpOf('strided train', trainHelp)

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/**
 * Reads the command line of the training command, and the recipe that it names.
 *
 * @returns the options, or `help` when the usage text was asked for.
 * @throws {UsageError} for an unknown option, a missing value or a number out of range.
 */
export async function parseTrainArgs(argv: readonly string[]): Promise<TrainArgs | 'help'> {
  const { help, values, given } = parse(argv, options)
  if (help) return 'help'
  const recipe = values.recipe === undefined ? {} : await readRecipe(values.recipe as string)
  const { values: merged, functions } = mergeRecipe(recipe, values, given, options)
  const { recipe: _, ...args } = Object.fromEntries(
    Object.keys(options).map((name) => [camel(name), merged[name] ?? null]),
  ) as Values
  if (merged.out === options.out.default) args.out = `runs/${String(args.model).toLowerCase()}.safetensors`
  if (args.resume && args.checkpoints === null)
    throw new UsageError('--resume: expected --checkpoints to name a folder')
  return { ...args, functions } as unknown as TrainArgs
}
