export { type ExportOnnxOptions, exportOnnx } from './export.ts'
