export { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
export { type LoadNpzOptions, loadNpy, loadNpz, type SaveNpzOptions, saveNpy, saveNpz } from './npy/index.ts'
export { type ExportOnnxOptions, exportOnnx } from './onnx/index.ts'
export {
  loadSafetensors,
  loadSafetensorsMetadata,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from './safetensors.ts'
