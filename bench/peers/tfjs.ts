// tfjs on its backend in plain JavaScript, the layers of two of the models of models/index.ts.
import * as tf from '@tensorflow/tfjs'
import { classes, SEED, uniform } from '../fill.ts'
import { type Prepared, serve } from './server.ts'

/** What `setup` asks for. */
interface Setup {
  kind: string
  model: string
  input: [number, number, number, number]
  pass: 'step' | 'eval'
}

const relu = 'relu' as const
const pool = () => tf.layers.maxPooling2d({ poolSize: 2, strides: 2 })
const conv = (filters: number) => tf.layers.conv2d({ filters, kernelSize: 5, padding: 'same', activation: relu })

/** A hidden layer of the MLP. Keras' momentum is the share of the old value. */
const hidden = (units: number) => [
  tf.layers.dense({ units }),
  tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
  tf.layers.activation({ activation: relu }),
  tf.layers.dropout({ rate: 0.2 }),
]

const layersOf: Record<string, () => tf.layers.Layer[]> = {
  mlp: () => [tf.layers.flatten(), ...hidden(128), ...hidden(64), tf.layers.dense({ units: 10 })],
  lenet5: () => [
    ...[conv(20), pool(), conv(50), pool(), tf.layers.flatten()],
    ...[tf.layers.dense({ units: 500, activation: relu }), tf.layers.dense({ units: 10 })],
  ],
}

function prepare({ kind, model: name, input, pass }: Setup): Prepared {
  if (kind !== 'model' || !(name in layersOf)) throw new Error(`no model ${name}`)
  const [n, c, h, w] = input
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [h, w, c] }), ...layersOf[name]()] })
  const images = tf.tensor4d(uniform(n * c * h * w, SEED.input), [n, h, w, c])
  const target = tf.oneHot(tf.tensor1d(classes(n, SEED.target, 10), 'int32'), 10)
  const parameters = model.trainableWeights.reduce(
    (total, weight) => total + weight.shape.reduce((a, b) => a! * b!, 1)!,
    0,
  )
  // Weights in its own order and initialisation: only their number is compared.
  const reply = { parameters, compare: false }
  if (pass === 'eval') return { call: () => tf.dispose(model.predict(images)), reply }
  const optimizer = tf.train.momentum(0.001, 0.9)
  const loss = (): tf.Scalar =>
    tf.losses.softmaxCrossEntropy(target, model.apply(images, { training: true }) as tf.Tensor)
  return { call: () => tf.dispose(optimizer.minimize(loss) ?? []), reply }
}

await tf.setBackend('cpu')
await tf.ready()
serve({ version: tf.version.tfjs, threads: 1 }, prepare)
