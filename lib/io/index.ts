export {
  loadSafetensors,
  loadSafetensorsMetadata,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from './safetensors.ts'
