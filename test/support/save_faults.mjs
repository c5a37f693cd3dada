// Saves a checkpoint of 40 KB over a good one where the system refuses, and prints what came of it as JSON.
// Usage: save_faults.mjs FOLDER [UID]; the caller limits the size of files, or gives a user that may not write there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nn, optim, saveCheckpoint, saveSafetensors } from 'strided'

const [folder, uid] = process.argv.slice(2)
const path = join(folder, 'run.ckpt')
const before = readFileSync(path, 'utf8')
if (uid !== undefined) process.setuid(Number(uid))
const model = new nn.Linear(100, 100)
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
const messageOf = (save) => {
  try {
    save()
    return 'saved'
  } catch (error) {
    return `${error.name}: ${error.message}`
  }
}
const messages = [
  messageOf(() => saveCheckpoint(path, { model: model.stateDict(), optimizer: optimizer.stateDict() })),
  messageOf(() => saveSafetensors(path, model.stateDict())),
]
const kept = readFileSync(path, 'utf8') === before
process.stdout.write(JSON.stringify({ messages, kept, files: readdirSync(folder) }))
