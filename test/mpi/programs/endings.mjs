// Ranks that end in all ways but well: `endings.mjs WAY [RANK]`. The others wait for the one that ends, and must not wait for ever.
import { setTimeout } from 'node:timers/promises'
import { distributed, zeros } from 'strided'

const [way, who = '1'] = process.argv.slice(2)
const { rank } = distributed.init()
distributed.allReduce(zeros([10]))
const waitForOthers = () => distributed.allReduce(zeros([10]))
if (rank !== Number(who)) {
  console.log(`pid ${process.pid}`)
  // Keeps up with the others until one of them is gone.
  for (;;) {
    waitForOthers()
    await setTimeout(1)
  }
}
console.log(`rank ${rank} is pid ${process.pid}`)
waitForOthers()
if (way === 'exception') throw new Error('rank 1 gives up')
if (way === 'rejection') await Promise.reject(new Error('rank 1 gives up'))
if (way === 'exit') process.exit(3)
if (way === 'exitCode') process.exitCode = 4
if (way === 'kill') process.kill(process.pid, 'SIGKILL')
if (way === 'abort') process.abort()
// Otherwise, `early`: with success, though the others still wait.
