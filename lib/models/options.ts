/** What every model of an image classifier takes. */
export interface ImageModelOptions {
  /** Channels of the images. Default 1. */
  inChannels?: number
  /** Number of classes. Default 10. */
  classes?: number
  /** Height and width of the images, one number when they are equal. Default 28. */
  imageSize?: number | readonly [height: number, width: number]
}

/** Height and width after `halvings` poolings by 2, each of which drops an odd last row and column. */
export function pooledArea(imageSize: number | readonly [number, number], halvings: number): number {
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize
  return Math.floor(height / 2 ** halvings) * Math.floor(width / 2 ** halvings)
}
