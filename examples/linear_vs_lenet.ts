// How much a convolutional network gains over a linear classifier on the drawn digits.
//
//   npx tsx examples/linear_vs_lenet.ts [epochs]
//
// Both see the same 12,000 images in the same order, with the same optimizer, and are tested on the same 2,000 others.
import { data, functional as F, manualSeed, models, nn, noGrad, optim } from '../lib/index.ts'

const SEED = 0
const epochs = Number(process.argv[2] ?? 3)

const train = new data.SyntheticDigits({ size: 12_000, seed: SEED })
const test = new data.SyntheticDigits({ size: 2000, seed: SEED, train: false })

manualSeed(SEED)
await run('linear softmax', new nn.Sequential(new nn.Flatten(), new nn.Linear(28 * 28, 10)), 0.002)
manualSeed(SEED)
await run('LeNet-5', models.leNet5(), 0.05)

async function run(name: string, model: nn.Module, lr: number): Promise<void> {
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9 })
  const loader = new data.DataLoader(train, { batchSize: 64, shuffle: true, seed: SEED })
  const scheduler = new optim.CosineAnnealingLR(optimizer, epochs * loader.length)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for await (const [input, target] of loader) {
      optimizer.zeroGrad()
      F.crossEntropy(model.forward(input), target).backward()
      optimizer.step()
      scheduler.step()
    }
    console.log(`${name}, epoch ${epoch}: ${(100 * accuracy(model)).toFixed(2)} % of the test images`)
  }
}

function accuracy(model: nn.Module): number {
  let right = 0
  model.eval()
  for (const [input, target] of new data.DataLoader(test, { batchSize: 250 })) {
    right += Number(noGrad(() => model.forward(input).argmax(1).eq(target).sum().item()))
  }
  model.train()
  return right / test.length
}
