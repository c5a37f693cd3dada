import { expect, it } from 'vitest'
import type { Kernels } from '../../lib/kernels/kernels.ts'
import { type AnyArray, referenceKernels } from '../../lib/reference/index.ts'
import { kernelNames } from '../support/kernel_names.ts'

// The compiler complains here when a kernel is missing or its parameters differ.
const kernels = referenceKernels satisfies Kernels<AnyArray>

it('has every member of Kernels and nothing else', () => {
  expect(Object.keys(kernels).sort()).toEqual([...kernelNames()].sort())
})
