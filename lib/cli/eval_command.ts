import { DataLoader } from '../data/data_loader.ts'
import { crossEntropy } from '../ops/cross_entropy.ts'
import { evaluate, type Measures } from '../train/index.ts'
import { UsageError } from './args.ts'
import { loadNetwork } from './networks.ts'
import { print, printJson, shared, type Task, useThreads } from './task.ts'
import { loadTestData } from './train_data.ts'

function table({ metrics }: Measures, names: readonly string[]): string[] {
  const matrix = metrics.confusionMatrix as number[][]
  const [precision, recall] = [metrics.precision as number[], metrics.recall as number[]]
  const width = Math.max(5, ...names.map(({ length }) => length))
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(9)
  const rows = matrix.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    const wrong = row.map((count, j) => ({ count, j })).filter(({ count, j }) => j !== i && count > 0)
    const worst = wrong.sort((a, b) => b.count - a.count)[0]
    const taken = worst === undefined ? '' : `${worst.count} as ${names[worst.j]}`
    return `${names[i].padEnd(width)}${String(total).padStart(9)}${percent(precision[i])}${percent(recall[i])}   ${taken}`
  })
  const head = `${'class'.padEnd(width)}${'samples'.padStart(9)}${'precision'.padStart(10)}${'recall'.padStart(8)}   most often taken`
  return [head, ...rows]
}

export const evalCommand: Task = {
  summary: 'measure a trained model on data',
  synopsis: 'MODEL [options]',
  about:
    'Measures a model that strided train has saved: accuracy, top 5, loss, and precision and recall of every class.',
  options: {
    data: {
      value: 'DATA',
      help: 'as for strided train, its test part (default: digits that the library draws itself)',
    },
    label: {
      value: 'COLUMN',
      help: 'name or number of the column of a CSV file that holds the classes (default: the first)',
    },
    'no-header': { help: 'says that the first row of a CSV file is one of numbers' },
    'batch-size': { value: 'N', kind: 'integer', least: 1, default: 250, help: 'samples at a time' },
    seed: {
      value: 'N',
      kind: 'integer',
      default: 0,
      help: 'that of the training, where data were split or drawn by it',
    },
    ...shared,
  },
  positionals: [1, 1],
  async perform(parsed) {
    const { values, positionals } = parsed
    const { model, shape, mean, std, classNames, metadata } = loadNetwork(positionals[0])
    useThreads(parsed)
    const [imageSize] = shape.imageSize
    const header = !values['no-header']
    const scale = Number(metadata.scale ?? 1)
    const given = { label: (values.label as string | undefined) ?? null, header, scale, imageSize, mean, std }
    const data = await loadTestData((values.data as string | undefined) ?? null, values.seed as number, given)
    const size = [data.channels, ...data.imageSize].join('x')
    const expected = [shape.inChannels, ...shape.imageSize].join('x')
    if (size !== expected) throw new UsageError(`expected samples of ${expected} as in training, got ${size}`)
    const loader = new DataLoader(data.test, { batchSize: values['batch-size'] as number })
    const metrics = ['accuracy', 'top5', 'confusionMatrix', 'precision', 'recall'] as const
    const measures = await evaluate(model, loader, { loss: crossEntropy, metrics })
    const { accuracy, top5 } = measures.metrics as { accuracy: number; top5: number }
    const names = classNames ?? Array.from({ length: shape.numClasses }, (_, i) => String(i))
    if (values.json) {
      printJson({ loss: measures.loss, ...measures.metrics, classes: names, samples: data.test.length })
      return 0
    }
    print(`data: ${data.description}`)
    for (const line of table(measures, names)) print(line)
    const right = Math.round(accuracy * data.test.length)
    print(`loss ${measures.loss.toFixed(4)}`)
    print(`top 5 accuracy ${(100 * top5).toFixed(2)} %`)
    print(`accuracy ${(100 * accuracy).toFixed(2)} % (${right} of ${data.test.length})`)
    return 0
  },
}
