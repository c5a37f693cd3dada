import { create, createFileRegistry, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'

// Those messages and fields of TensorBoard's event.proto and summary.proto that are written here: name, number, type, `[]` repeated.
// Source: https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  Event: ['wall_time 1 double', 'step 2 int64', 'file_version 3 string', 'summary 5 Summary'],
  Summary: ['value 1 Value[]'],
  Value: ['tag 1 string', 'simple_value 2 float', 'image 4 Image', 'histo 5 HistogramProto'],
  Image: ['height 1 int32', 'width 2 int32', 'colorspace 3 int32', 'encoded_image_string 4 bytes'],
  HistogramProto: [
    ...['min 1 double', 'max 2 double', 'num 3 double', 'sum 4 double', 'sum_squares 5 double'],
    ...['bucket_limit 6 double[]', 'bucket 7 double[]'],
  ],
}

/** A histogram: `bucket[i]` values lie above `bucketLimit[i − 1]` and up to `bucketLimit[i]`. */
export interface Histogram {
  min: number
  max: number
  num: number
  sum: number
  sumSquares: number
  bucketLimit: number[]
  bucket: number[]
}

/** One value of a summary; exactly one of the kinds. */
export interface SummaryValue {
  tag: string
  simpleValue?: number
  image?: { height: number; width: number; colorspace: number; encodedImageString: Uint8Array }
  histo?: Histogram
}

export interface TensorBoardEvent {
  /** Seconds since 1970. */
  wallTime: number
  step?: bigint
  fileVersion?: string
  summary?: { value: SummaryValue[] }
}

function fieldOf(text: string) {
  const [, name, number, type, list] = text.match(/^(\w+) (\d+) (\w+)(\[\])?$/) as RegExpMatchArray
  const label = list === undefined ? FieldDescriptorProto_Label.OPTIONAL : FieldDescriptorProto_Label.REPEATED
  const field = { name, number: Number(number), label }
  const scalar = FieldDescriptorProto_Type[type.toUpperCase() as 'DOUBLE'] as FieldDescriptorProto_Type | undefined
  if (scalar !== undefined) return { ...field, type: scalar }
  return { ...field, type: FieldDescriptorProto_Type.MESSAGE, typeName: `.tensorboard.${type}` }
}

let known: DescMessage | null = null

/** The description of `Event`, made when it is first needed. */
function eventSchema(): DescMessage {
  if (known !== null) return known
  const messageType = Object.entries(MESSAGES).map(([name, fields]) => ({ name, field: fields.map(fieldOf) }))
  const given = { name: 'event.proto', package: 'tensorboard', syntax: 'proto2', messageType }
  const file = create(FileDescriptorProtoSchema, given)
  known = createFileRegistry(file, () => undefined).getMessage('tensorboard.Event') as DescMessage
  return known
}

/** The bytes of an event. */
export function encodeEvent(event: TensorBoardEvent): Uint8Array {
  return toBinary(eventSchema(), create(eventSchema(), event as unknown as MessageInitShape<DescMessage>))
}
