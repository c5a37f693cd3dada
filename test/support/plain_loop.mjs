// Trains LeNet-5 in one synchronous loop, with no scope, no await and no dispose, and prints what memory did as JSON.
// Usage: node plain_loop.mjs sequential|functional STEPS BATCH
import { functional as F, manualSeed, memory, models, nn, optim, randint, randn } from 'strided'

const [form, steps, batch] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
manualSeed(1)

/** The same network in functions, so that every activation passes through the caller's hands. */
function functional() {
  const [conv1, conv2] = [new nn.Conv2d(1, 20, 5, { padding: 2 }), new nn.Conv2d(20, 50, 5, { padding: 2 })]
  const [linear1, linear2] = [new nn.Linear(2450, 500), new nn.Linear(500, 10)]
  const forward = (input) => {
    let hidden = F.maxPool2d(F.relu(conv1.forward(input)), 2)
    hidden = F.maxPool2d(F.relu(conv2.forward(hidden)), 2)
    hidden = F.relu(linear1.forward(hidden.flatten(1)))
    return linear2.forward(hidden)
  }
  return { forward, parameters: [conv1, conv2, linear1, linear2].flatMap((layer) => [...layer.parameters()]) }
}

function sequential() {
  const model = models.leNet5()
  return { forward: (input) => model.forward(input), parameters: [...model.parameters()] }
}

const { forward, parameters } = form === 'functional' ? functional() : sequential()
const optimizer = new optim.SGD(parameters, { lr: 0.01, momentum: 0.9 })
const rss = []
let stepBytes = 0
let loss = 0
for (let step = 0; step < steps; step++) {
  const input = randn([batch, 1, 28, 28])
  const target = randint(0, 10, [batch])
  optimizer.zeroGrad()
  const value = F.crossEntropy(forward(input), target)
  value.backward()
  optimizer.step()
  if (step % 10 === 0) rss.push(process.memoryUsage().rss)
  // Before anything was collected: what the first step made and nothing released.
  if (step === 0) stepBytes = memory().peak
  loss = value.item()
}
process.stdout.write(JSON.stringify({ rss, stepBytes, loss, memory: memory() }))
