import { afterEach, describe, expect, it } from 'vitest'
import { bound, Child, chooseCpus, TimeoutError } from '../../bench/child.ts'

const children: Child[] = []

/** A process of Node that answers each line by the body of a function of `request`. */
function child(body: string): Child {
  const script = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line)
    ${body}
  })`
  children.push(new Child({ command: process.execPath, args: ['-e', script], env: { GREETING: 'hi' } }))
  return children[children.length - 1]
}

afterEach(() => {
  for (const one of children.splice(0)) one.close()
})

describe('Child', () => {
  it('sends requests as lines and takes replies, not what else is printed', async () => {
    const echo = child(
      `console.log('chatter'); console.log(JSON.stringify({ n: request.n + 1, env: process.env.GREETING }))`,
    )
    expect(await echo.request({ n: 1 }, 10_000)).toEqual({ n: 2, env: 'hi' })
    expect(await echo.request({ n: 2 }, 10_000)).toEqual({ n: 3, env: 'hi' })
  })

  it('throws the error of a reply', async () => {
    const failing = child(`console.log('{"error":"no such problem"}')`)
    await expect(failing.request({}, 10_000)).rejects.toThrow('no such problem')
  })

  it('throws the last words of a process that ends, and starts it again', async () => {
    const script = `if (request.end) { console.error('first'); console.error('out of luck'); process.exit(3) }
      console.log('{"ok":true}')`
    const ending = child(script)
    await expect(ending.request({ end: true }, 10_000)).rejects.toThrow('out of luck')
    expect(await ending.request({}, 10_000)).toEqual({ ok: true })
  })

  it('throws the error behind which Node prints more', async () => {
    await expect(child(`throw new RangeError('too deep')`).request({}, 10_000)).rejects.toThrow('RangeError: too deep')
  })

  it('names the exit code of a process without last words', async () => {
    await expect(child('process.exit(3)').request({}, 10_000)).rejects.toThrow(/ended with 3$/)
  })

  it('ends a process that is late, and starts it again', async () => {
    const late = child(
      `if (request.ms) setTimeout(() => {}, 100000); else console.log(JSON.stringify({ pid: process.pid }))`,
    )
    const { pid } = await late.request({}, 10_000)
    await expect(late.request({ ms: 1 }, 50)).rejects.toThrow(TimeoutError)
    expect((await late.request({}, 10_000)).pid).not.toBe(pid)
  })

  it('throws when there is no such program', async () => {
    const none = new Child({ command: 'no-such-program', args: [], env: {} })
    await expect(none.request({}, 10_000)).rejects.toThrow(/ENOENT/)
  })
})

describe('chooseCpus', () => {
  it('gives different CPUs, or null when there are not so many', () => {
    const one = chooseCpus(1)
    if (one !== null) expect(one).toHaveLength(1)
    const two = chooseCpus(2)
    if (two !== null) expect(new Set(two).size).toBe(2)
    expect(chooseCpus(100_000)).toBeNull()
  })
})

describe('bound', () => {
  const command = { command: 'node', args: ['a.js'], env: { A: '1' } }

  it('runs the command on the CPUs', () => {
    expect(bound(command, [0, 2])).toEqual({ command: 'taskset', args: ['-c', '0,2', 'node', 'a.js'], env: { A: '1' } })
    expect(bound(command, null)).toEqual(command)
  })
})
