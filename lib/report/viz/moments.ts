import type { ValueRange } from './picture.ts'

/** By what images were standardised, `input = (pixel / 255 − mean) / std`; one number, or one for each channel. */
export interface Moments {
  /** Null, the default, for 0; where `std` is null too, pictures go from their least to their largest value. */
  mean?: number | readonly number[] | null
  /** Null, the default, for 1; see `mean`. */
  std?: number | readonly number[] | null
}

/** The inputs that black and white became, for each channel; null where the moments are not known. */
export function rangesOf({ mean = null, std = null }: Moments, channels: number): ValueRange[] | null {
  if (mean === null && std === null) return null
  const at = (value: number | readonly number[] | null, c: number, missing: number): number =>
    typeof value === 'number' ? value : (value?.[c] ?? missing)
  return Array.from({ length: channels }, (_, c): ValueRange => {
    const [center, deviation] = [at(mean, c, 0), at(std, c, 1)]
    return [-center / deviation, (1 - center) / deviation]
  })
}
