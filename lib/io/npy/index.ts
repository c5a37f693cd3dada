export { loadNpy, saveNpy } from './npy.ts'
export { type LoadNpzOptions, loadNpz, type SaveNpzOptions, saveNpz } from './npz.ts'
