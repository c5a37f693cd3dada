import type { ImageCropProblem } from '../../lib/reference/image_crop.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const imageCrop: CaseSet<'image_crop'> = {
  op: 'image_crop',
  layers: {
    cifar: 'n128c3ih32_constant',
    cifar_erased: 'n128c3ih32r1_constant',
    mnist: 'n64c1ih28_constant',
    imagenet: 'n32c3ih256oh224_reflect',
  },
  edges: {
    one: 'c1ih1_constant',
    no_image: 'n0c3ih4_constant',
    no_row: 'n2c3ih4oh0ow3_constant',
    larger: 'n3c3ih5iw7oh9ow11_constant',
    smaller: 'n3c3ih9iw7oh4ow3_edge',
    edge: 'n5c2ih3iw4oh12ow9_edge',
    reflect: 'n5c3ih3iw4oh12ow19_reflect',
    reflect_one: 'n3c4ih1iw2oh5ow6_reflect',
    symmetric: 'n5c3ih3iw1oh12ow19_symmetric',
    painted: 'n4c3ih8iw6r2_constant',
    many_channels: 'n2c5ih6r1_symmetric',
  },
  flops: () => 0,
  bytes: ({ n, c, ih, iw, oh, ow }: ImageCropProblem) => n * c * (Math.min(ih * iw, oh * ow) + ITEM * oh * ow),
}
