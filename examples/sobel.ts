// Edges of an image: the Sobel operator, a convolution whose weights are fixed.
//
//   npx tsx examples/sobel.ts [input.png [output.png]]
//
// Writes the gradient's magnitude, scaled so that the strongest edge is white, to output.png (runs/sobel.png by default).
// Without an input it draws one, and writes it beside the output as NAME_input.png.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { convertIndexedToRgb, decode, encode } from 'fast-png'
import { functional as F, noGrad, type Tensor, tensor } from '../lib/index.ts'

const [inputPath, outputPath = 'runs/sobel.png'] = process.argv.slice(2)

const image = inputPath === undefined ? drawing(256) : luminance(inputPath)
if (inputPath === undefined) writeGrey(outputPath.replace(/(\.png)?$/, '_input.png'), image)
const edges = noGrad(() => sobel(image))
writeGrey(outputPath, edges)
console.log(`${outputPath}: ${image.shape[3]}x${image.shape[2]}, mean edge ${Number(edges.mean().item()).toFixed(4)}`)

/**
 * Magnitude of the gradient of `[N, 1, H, W]`, from 0 to 1.
 *
 * The two output channels of one convolution are the derivatives along x and y. The border repeats its pixels, so that it
 * is not an edge itself.
 */
function sobel(input: Tensor): Tensor {
  const alongX = [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ]
  const alongY = [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ]
  const gradient = F.conv2d(input, tensor([[alongX], [alongY]]), null, { padding: 1, paddingMode: 'replicate' })
  const magnitude = gradient.square().sum(1, { keepdim: true }).sqrt()
  const largest = Number(magnitude.max().item())
  return largest === 0 ? magnitude : magnitude.div(largest)
}

/** The luminance of a PNG, `[1, 1, H, W]` from 0 to 1; transparency is ignored. */
function luminance(path: string): Tensor {
  const png = decode(readFileSync(path))
  if (png.palette === undefined && png.depth < 8) {
    throw new Error(`${path}: expected 8 or 16 bits a sample, got ${png.depth}`)
  }
  const indexed = png.palette !== undefined
  const samples = indexed ? convertIndexedToRgb(png) : png.data
  const channels = samples.length / (png.width * png.height)
  const most = indexed || png.depth === 8 ? 255 : 65535
  const pixels = tensor(Float32Array.from(samples), { shape: [1, png.height, png.width, channels] }).div(most)
  const planes = pixels.permute([0, 3, 1, 2])
  if (channels < 3) return planes.narrow(1, 0, 1)
  // Rec. 709's weights of red, green and blue, a 1×1 convolution.
  return F.conv2d(planes.narrow(1, 0, 3), tensor([0.2126, 0.7152, 0.0722], { shape: [1, 3, 1, 1] }))
}

/** A ring, a tilted square and waves of growing frequency on a soft background, `[1, 1, size, size]` from 0 to 1. */
function drawing(size: number): Tensor {
  const pixels = new Float32Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = [column / size, row / size]
      const fromRing = Math.abs(Math.hypot(x - 0.3, y - 0.32) - 0.17)
      const [along, across] = [x - 0.72 + 0.4 * (y - 0.3), y - 0.3 - 0.4 * (x - 0.72)]
      let value = 0.25 + 0.2 * y
      if (fromRing < 0.04) value = 0.9
      if (Math.max(Math.abs(along), Math.abs(across)) < 0.15) value = 0.7
      if (y > 0.65 && y < 0.92) value = 0.5 + 0.4 * Math.sin(2 * Math.PI * (4 * x + 12 * x * x))
      pixels[row * size + column] = value
    }
  }
  return tensor(pixels, { shape: [1, 1, size, size] })
}

function writeGrey(path: string, input: Tensor): void {
  const [, , height, width] = input.shape
  const data = Uint8Array.from(input.toTypedArray() as Float32Array, (value) => Math.round(255 * value))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, encode({ width, height, data, channels: 1, depth: 8 }))
}
