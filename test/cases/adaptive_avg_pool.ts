import type { AdaptiveAvgPoolProblem } from '../../lib/reference/adaptive_avg_pool.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { pixels, windows } from './max_pool.ts'

/** Small problems of poolings to a given size. */
export const adaptiveEdges = {
  one: 'c1ih1oh1',
  global: 'n2c17ih5iw7oh1',
  global_lanes: 'n3c64ih7oh1',
  global_row: 'n2c5ih1iw9oh1',
  global_volume: 'n2c3id3ih4iw5oh1',
  divisible: 'n2c5ih6iw8oh3ow2',
  overlap: 'n2c18ih7iw5oh3ow2',
  same: 'n2c5ih4iw3oh4ow3',
  many_images: 'n9c5ih7oh1',
  upsample: 'n2c5ih3iw2oh5ow4',
  row: 'n2c5ih1iw11oh1ow4',
  volume: 'c6id5ih4iw6od2oh3ow1',
  volume_overlap: 'n2c20id3ih5iw4od2oh3',
  few_long_rows: 'c150ih10iw48oh1ow5',
}

/** What the two adaptive poolings are timed on. */
export const adaptiveLayers = {
  resnet_head: 'n32c512ih7oh1',
  cifar_head: 'n128c64ih8oh1',
  stage_1: 'n32c64ih32oh1',
  bnlenet_1: 'n128c16ih32oh1',
  imagenet: 'n64c64ih112oh1',
  vgg_head: 'n32c512ih14oh7',
}

export const adaptiveAvgPool: CaseSet<'adaptive_avg_pool'> = {
  op: 'adaptive_avg_pool',
  layers: adaptiveLayers,
  edges: adaptiveEdges,
  flops: (problem: AdaptiveAvgPoolProblem) => pixels(problem) + windows(problem),
  bytes: (problem: AdaptiveAvgPoolProblem) => ITEM * (pixels(problem) + windows(problem)),
}
