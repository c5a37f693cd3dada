import type { MessageInitShape } from '@bufbuild/protobuf'
import { create, createFileRegistry, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'

// Those messages and fields of onnx.proto that a model of this library needs, as `name number type`, repeated with `[]`.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  ModelProto: [
    'ir_version 1 int64',
    'producer_name 2 string',
    'graph 7 GraphProto',
    'opset_import 8 OperatorSetIdProto[]',
  ],
  OperatorSetIdProto: ['domain 1 string', 'version 2 int64'],
  GraphProto: [
    'node 1 NodeProto[]',
    'name 2 string',
    'initializer 5 TensorProto[]',
    'input 11 ValueInfoProto[]',
    'output 12 ValueInfoProto[]',
  ],
  NodeProto: [
    'input 1 string[]',
    'output 2 string[]',
    'name 3 string',
    'op_type 4 string',
    'attribute 5 AttributeProto[]',
  ],
  AttributeProto: ['name 1 string', 'f 2 float', 'i 3 int64', 's 4 bytes', 'ints 8 int64[]', 'type 20 int32'],
  TensorProto: ['dims 1 int64[]', 'data_type 2 int32', 'name 8 string', 'raw_data 9 bytes'],
  ValueInfoProto: ['name 1 string', 'type 2 TypeProto'],
  // The choices of a oneof are fields like others in the file.
  TypeProto: ['tensor_type 1 TensorTypeProto'],
  TensorTypeProto: ['elem_type 1 int32', 'shape 2 TensorShapeProto'],
  TensorShapeProto: ['dim 1 DimensionProto[]'],
  DimensionProto: ['dim_value 1 int64', 'dim_param 2 string'],
}

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  float: FieldDescriptorProto_Type.FLOAT,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
}

/** Numbers that the format gives element types. */
export const ELEMENT_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const

/** Numbers that the format gives kinds of attributes. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const

export interface OnnxAttribute {
  name: string
  type: number
  f?: number
  i?: bigint
  s?: Uint8Array
  ints?: bigint[]
}

export interface OnnxNode {
  name: string
  opType: string
  input: string[]
  output: string[]
  attribute: OnnxAttribute[]
}

export interface OnnxTensor {
  name: string
  dims: bigint[]
  dataType: number
  rawData: Uint8Array
}

export interface OnnxValue {
  name: string
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: bigint; dimParam?: string }[] } } }
}

/** A model as the format has it. */
export interface OnnxModel {
  irVersion: bigint
  producerName: string
  opsetImport: { domain: string; version: bigint }[]
  graph: {
    name: string
    node: OnnxNode[]
    initializer: OnnxTensor[]
    input: OnnxValue[]
    output: OnnxValue[]
  }
}

function fieldOf(text: string): MessageInitShape<typeof FieldDescriptorProtoSchema> {
  const [, name, number, type, list] = text.match(/^(\w+) (\d+) (\w+)(\[\])?$/) as RegExpMatchArray
  const label = list === undefined ? FieldDescriptorProto_Label.OPTIONAL : FieldDescriptorProto_Label.REPEATED
  const field = { name, number: Number(number), label }
  if (Object.hasOwn(SCALARS, type)) return { ...field, type: SCALARS[type] }
  return { ...field, type: FieldDescriptorProto_Type.MESSAGE, typeName: `.onnx.${type}` }
}

let known: DescMessage | null = null

/** The description of `ModelProto`, made when it is first needed. */
function modelSchema(): DescMessage {
  if (known !== null) return known
  const file = create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2',
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
  })
  known = createFileRegistry(file, () => undefined).getMessage('onnx.ModelProto') as DescMessage
  return known
}

/** The bytes of an .onnx file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return toBinary(modelSchema(), create(modelSchema(), model as unknown as MessageInitShape<DescMessage>))
}

/** The model that an .onnx file holds, as far as the messages above go. */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  return fromBinary(modelSchema(), bytes) as unknown as OnnxModel
}
