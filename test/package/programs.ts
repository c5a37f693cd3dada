// The programs that the install test runs against the installed package. Every one prints one line of JSON.

const train = (typed: boolean): string => {
  const t = (type: string) => (typed ? `: ${type}` : '')
  return `
function train()${t('{ first: number; last: number; backend: string; version: string }')} {
  manualSeed(3)
  const model${t('nn.Sequential')} = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64, 3),
  )
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const input${t('Tensor')} = randn([16, 1, 8, 8])
  const target${t('Tensor')} = randint(0, 3, [16])
  let first = 0
  let last = 0
  for (let step = 0; step < 15; step++) {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model.forward(input), target)
    loss.backward()
    optimizer.step()
    last = loss.item()${typed ? ' as number' : ''}
    if (step === 0) first = last
  }
  return { first, last, backend: backendInfo().backend, version }
}
`
}

const names = 'backendInfo, functional as F, manualSeed, nn, optim, randint, randn, version'
const esm = `import { ${names} } from 'strided'\n${train(false)}`
const typescript = `import { ${names}, type Tensor } from 'strided'
import { reluForward } from 'strided/reference'
${train(true)}
if (typeof reluForward !== 'function') throw new Error('strided/reference is empty')
console.log(JSON.stringify(train()))
`

/** File name to text. */
export const programs: Record<string, string> = {
  'esm.mjs': `${esm}console.log(JSON.stringify(train()))\n`,
  'commonjs.cjs': `const { ${names.replace('functional as F', 'functional: F')} } = require('strided')
${train(false)}
import('strided').then((imported) => {
  if (imported.nn !== nn) throw new Error('require and import gave two libraries')
  console.log(JSON.stringify(train()))
})
`,
  'chdir.mjs': `process.chdir('/')
const { ${names.replace('functional as F', 'functional: F')} } = await import('strided')
${train(false)}console.log(JSON.stringify(train()))\n`,
  'workers.mjs': `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
${esm}
const start = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url))
    worker.on('message', resolve)
    worker.on('error', reject)
  })
if (isMainThread) {
  const others = [start(), start()]
  const results = [train(), ...(await Promise.all(others))].map((result) => JSON.stringify(result))
  if (new Set(results).size !== 1) throw new Error('the threads got different results: ' + results.join(' '))
  console.log(results[0])
} else parentPort.postMessage(train())
`,
  'loader.mjs': `import { data } from 'strided'
async function read(workers) {
  const loader = new data.DataLoader(new data.SyntheticDigits({ size: 8 }), { batchSize: 4, workers })
  let sum = 0
  for await (const [input] of loader) sum += input.sum().item()
  return sum
}
const settled = (workers) => read(workers).catch((error) => error.message)
settled(0).then(async (alone) => console.log(JSON.stringify([alone, await settled(2)])))
`,
  'typescript.mts': typescript,
  'typescript_commonjs.cts': typescript,
}
