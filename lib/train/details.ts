// What a run can hold beside its curves, gathered on the way by `DetailsCallback`; plain JSON. Pictures are PNG files as data URLs.

/** A picture: a PNG file as a data URL, and its size in pixels. */
export interface PictureData {
  url: string
  width: number
  height: number
}

/** A row of the model's summary. */
export interface LayerData {
  path: string
  type: string
  /** How many modules it runs inside of. */
  depth: number
  /** Shapes of its outputs, in words; empty when the module did not run. */
  output: string
  parameters: number
  macs: number
  activationBytes: number
  /** Pixels of the input that an output sees; null without spatial dimensions. */
  sees: number[] | null
}

/** Something that `lint` found. */
export interface FindingData {
  rule: string
  severity: string
  path: string
  why: string
  cure: string
  source: string
}

/** What a weight looked like at one moment. */
export interface WeightMoment {
  /** Epochs that were over; 0 is the beginning. */
  epoch: number
  low: number
  high: number
  /** How many elements lie in each of equal parts of `[low, high]`. */
  counts: number[]
  /** Root of the sum of squares of all elements. */
  norm: number
  /** Smallest, median and largest of the norms of the single filters or rows. */
  filterNorms: [least: number, median: number, most: number]
}

/** A weight and what became of it. */
export interface WeightStory {
  /** Name of the parameter. */
  name: string
  shape: number[]
  moments: WeightMoment[]
}

/** The filters of the first convolution. */
export interface FilterStory {
  name: string
  shape: number[]
  moments: { epoch: number; picture: PictureData }[]
}

/** What one sample becomes inside the network. */
export interface MapStory {
  /** The sample. */
  picture: PictureData | null
  layers: { path: string; type: string; shape: number[]; shown: number; picture: PictureData }[]
}

/** A sample that was taken for something else. */
export interface MistakeData {
  /** Number of the sample in the data. */
  index: number
  right: number
  given: number
  /** What the model gave the class it chose, and the right one; shares of one. */
  givenShare: number
  rightShare: number
  loss: number
  /** Null where samples are no images. */
  picture: PictureData | null
}

/** How a classifier answered. */
export interface AnswerData {
  /** Epochs that were over. */
  epoch: number
  /** Samples that were looked at. */
  samples: number
  /** Row `i`, column `j`: samples of class `i` that were taken for class `j`. */
  confusion: number[][]
  /** The worst first. */
  mistakes: MistakeData[]
}

/** What a run shows beside its curves. */
export interface RunDetails {
  /** In the order of the classes; null where they have numbers alone. */
  classNames: string[] | null
  /** Rows of the summary; null until the shape of an input is known. */
  layers: LayerData[] | null
  /** Sums over the model, in words. */
  totals: string[]
  /** What `lint` found. */
  findings: FindingData[]
  /** Of every parameter of at least two dimensions. */
  weights: WeightStory[]
  /** Null where the model has no such convolution. */
  filters: FilterStory | null
  /** Null without data that are images, and until a sample was followed. */
  maps: MapStory | null
  /** Null without data, or where the model is no classifier. */
  answers: AnswerData | null
}
