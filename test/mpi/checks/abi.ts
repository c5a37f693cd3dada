import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Family } from '../families.ts'
import type { Check } from '../main.ts'

const header = fileURLToPath(new URL('../../../native/mpi/abi.h', import.meta.url))

/** What MPI calls each of our constants. */
const NAMES = {
  kCommWorld: 'MPI_COMM_WORLD',
  kByte: 'MPI_BYTE',
  kFloat: 'MPI_FLOAT',
  kInt32: 'MPI_INT32_T',
  kInt64: 'MPI_INT64_T',
  kUint8: 'MPI_UINT8_T',
  kMax: 'MPI_MAX',
  kMin: 'MPI_MIN',
  kSum: 'MPI_SUM',
  kErrorsReturn: 'MPI_ERRORS_RETURN',
  kInfoNull: 'MPI_INFO_NULL',
}

/** Compares our constants with the installed header: numbers in MPICH, names of objects in Open MPI, whose macros spell them. */
function program({ name }: Family): string {
  const open = name === 'Open MPI'
  const abi = open ? 'strided::OpenMpiAbi' : 'strided::MpichAbi'
  const handles = Object.entries(NAMES).map(([ours, theirs]) =>
    open
      ? // The macro holds "&(name)" or "&name" behind casts.
        `same &= std::strstr(TEXT(${theirs}), ${abi}::${ours}) != nullptr;`
      : `same &= ${abi}::${ours} == static_cast<int>(${theirs});`,
  )
  return `
#include <mpi.h>
#include <cstdio>
#include <cstring>
#include ${JSON.stringify(header)}
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
int main() {
  bool same = true;
  ${handles.join('\n  ')}
  same &= ${abi}::kCommTypeShared == MPI_COMM_TYPE_SHARED && ${abi}::kAnySource == MPI_ANY_SOURCE;
  same &= ${abi}::kInPlace == reinterpret_cast<intptr_t>(MPI_IN_PLACE);
  same &= ${abi}::kStatusIgnore == reinterpret_cast<intptr_t>(MPI_STATUS_IGNORE);
  same &= strided::kThreadSerialized == MPI_THREAD_SERIALIZED && MPI_SUCCESS == 0;
  same &= strided::kMostErrorText >= MPI_MAX_ERROR_STRING;
  same &= strided::kMostVersionText >= MPI_MAX_LIBRARY_VERSION_STRING;
  std::puts(same ? "same" : "different");
}
`
}

/** The constants of native/mpi/abi.h are those of the installed headers. */
export async function checkAbi(family: Family, check: Check): Promise<void> {
  await check(`${family.name}: constants are those of mpi.h`, () => {
    const out = fileURLToPath(new URL('../../../build/mpi_abi_check', import.meta.url))
    const compiled = spawnSync(family.compiler, ['-std=c++20', '-x', 'c++', '-', '-o', out], {
      input: program(family),
      encoding: 'utf8',
    })
    if (compiled.error !== undefined) {
      process.stdout.write(`skipped: there is no ${family.compiler}\n`)
      return
    }
    assert.equal(compiled.status, 0, compiled.stderr)
    assert.equal(spawnSync(out, { encoding: 'utf8' }).stdout, 'same\n')
  })
}
