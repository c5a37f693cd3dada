// Saves or loads a safetensors file of some megabytes and prints by how many megabytes the process grew.
// Usage: node large_file.mjs save|load PATH MEGABYTES
import { resourceUsage } from 'node:process'
import { loadSafetensors, saveSafetensors, tensor, zeros } from 'strided'

const [action, path, megabytes] = [process.argv[2], process.argv[3], Number(process.argv[4])]
const count = (megabytes * 2 ** 20) / 4
const tensors = action === 'save' ? { large: zeros([count / 1024, 1024]), small: tensor([1]) } : null
const before = resourceUsage().maxRSS
const shapes = {}
if (tensors !== null) saveSafetensors(path, tensors)
else for (const [name, { shape }] of Object.entries(loadSafetensors(path))) shapes[name] = shape
process.stdout.write(JSON.stringify({ grown: (resourceUsage().maxRSS - before) / 1024, shapes }))
