import { fuse } from '../insight/index.ts'
import { exportOnnx } from '../io/index.ts'
import { loadNetwork } from './networks.ts'
import { print, type Task } from './task.ts'

export const exportCommand: Task = {
  summary: 'write a trained model as an ONNX file',
  synopsis: 'MODEL OUT.onnx [options]',
  about: 'Writes a model that strided train has saved as an ONNX file for inference elsewhere.',
  options: {
    batch: { value: 'N', kind: 'integer', least: 1, help: 'number of images that the file takes (default: any)' },
    fuse: { help: 'folds batch normalizations into the layers before them' },
  },
  positionals: [2, 2],
  async perform({ values, positionals: [path, out] }) {
    const { model, shape, mean, std } = loadNetwork(path)
    const exported = values.fuse ? fuse(model).model : model
    const batch = values.batch as number | undefined
    const inputShape = [batch ?? 1, shape.inChannels, ...shape.imageSize]
    exportOnnx(exported, out, { inputShape, dynamicBatch: batch === undefined })
    print(`${out}: input [${batch ?? 'N'}, ${inputShape.slice(1).join(', ')}], (pixel / 255 - ${mean}) / ${std}`)
    return 0
  },
}
