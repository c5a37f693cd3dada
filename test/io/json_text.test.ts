import { describe, expect, it } from 'vitest'
import { duplicateKey, isDeeperThan } from '../../lib/io/json_text.ts'

describe('duplicateKey', () => {
  it('finds a name that stands twice in one object', () => {
    expect(duplicateKey('{"a":1,"b":2,"a":3}')).toBe('a')
    expect(duplicateKey('{"x":{"b":[{"c":1, "c" :2}]}}')).toBe('c')
    expect(duplicateKey('{"":1,"":2}')).toBe('')
    expect(duplicateKey('{"a\\"":1,"a\\u0022":2}')).toBe('a"')
  })

  it('takes no value, and no name of another object, for a repeat', () => {
    expect(duplicateKey('{"a":"a","b":["a","a"],"c":{"a":1}}')).toBeNull()
    expect(duplicateKey('[{"a":1},{"a":2}]')).toBeNull()
    expect(duplicateKey('{"a":["{\\"b\\":1,\\"b\\":2}"],"b":",","c":"\\\\"}')).toBeNull()
    expect(duplicateKey('{}')).toBeNull()
  })

  it('reads long strings, with quotes and backslashes at their ends', () => {
    const long = 'x'.repeat(2 ** 24)
    expect(duplicateKey(JSON.stringify({ a: long, b: `${long}\\`, c: `\\${long}"` }))).toBeNull()
    expect(duplicateKey(`{"${long}":1,"${long}":2}`)?.length).toBe(long.length)
  })
})

describe('isDeeperThan', () => {
  it('counts brackets outside strings', () => {
    expect(isDeeperThan('{"a":[{}]}', 3)).toBe(false)
    expect(isDeeperThan('{"a":[{}],"b":[[[]]]}', 3)).toBe(true)
    expect(isDeeperThan('{"[[[[[[":"{{{{{\\"[[[["}', 1)).toBe(false)
    expect(isDeeperThan('[[]', 2)).toBe(false)
    expect(isDeeperThan('["[[[', 1)).toBe(false)
  })

  it('stops at once where it is too deep', () => {
    const text = Buffer.alloc(2 ** 24, '[').toString('latin1')
    const before = process.memoryUsage().heapUsed
    expect(isDeeperThan(text, 3)).toBe(true)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 23)
  })
})
