import { describe, expect, test } from 'vitest'
import { doubtsOf } from '../../src/mail/doubts.ts'
import type { Part } from '../../src/mail/part.ts'

const part = (number: string, more: Partial<Part> = {}): Part => ({
  part: number,
  type: 'application/pdf',
  role: 'file',
  disposition: 'attachment',
  contentId: undefined,
  originalName: undefined,
  size: 3,
  sha256: `hash of ${number}`,
  file: `/spool/${number}`,
  sniffed: undefined,
  executable: false,
  image: undefined,
  cited: false,
  ...more,
})

const text = (number: string, more: Partial<Part> = {}): Part =>
  part(number, { type: 'text/plain', role: 'body', file: undefined, disposition: undefined, ...more })

const outlined = (number: string, name: string | undefined) => ({
  part: number,
  type: 'application/pdf',
  name,
  disposition: undefined,
  encodedSize: 100,
})

describe('the mail server names a file', () => {
  const doubts = (outline: readonly ReturnType<typeof outlined>[], ...parts: readonly Part[]) =>
    doubtsOf({ outline }, { parts, doubts: [] }, undefined)
  const missing = (number: string, name: string) => [
    `the mail server names part ${number} ${name}, which was not found`,
  ]

  test('that was found under its number, whatever it is called here', () => {
    expect(doubts([outlined('2', 'a.pdf')], text('1'), part('2'))).toEqual([])
  })

  test('that was found under another number, by its name', () => {
    expect(doubts([outlined('3', 'a.pdf')], text('1'), part('2', { originalName: 'a.pdf' }))).toEqual([])
  })

  test('that is a body with that name', () => {
    expect(doubts([outlined('1', 'body.htm')], text('1', { originalName: 'body.htm' }))).toEqual([])
  })

  test('that was not found, though as many files were', () => {
    expect(doubts([outlined('3', 'b.pdf')], text('1'), part('2'))).toEqual(missing('3', 'b.pdf'))
  })

  test('where there is only text without a name', () => {
    expect(doubts([outlined('1', 'a.pdf')], text('1'))).toEqual(missing('1', 'a.pdf'))
  })

  test('and what was unpacked does not stand in for it', () => {
    expect(doubts([outlined('2/1', 'a.pdf')], part('2/1'))).toEqual(missing('2/1', 'a.pdf'))
  })

  test('and says nothing of parts without a name', () => {
    for (const name of [undefined, '', ' ']) expect(doubts([outlined('2', name)], text('1'))).toEqual([])
    expect(doubtsOf({ outline: undefined }, { parts: [], doubts: ['one'] }, undefined)).toEqual(['one'])
  })
})

describe('another parser finds a file', () => {
  const other = (size: number, ...hashes: readonly string[]) => ({
    name: 'a.pdf',
    type: 'application/pdf',
    size,
    hashes,
  })
  const doubts = (...others: readonly ReturnType<typeof other>[]) =>
    doubtsOf({ outline: undefined }, { parts: [text('1'), part('2')], doubts: [] }, { kind: 'read', files: others })

  test.each([
    ['that goes', other(3, 'hash of 2')],
    ['that is a body here', other(3, 'x', 'hash of 1')],
    ['without a byte', other(0, 'x')],
  ])('%s: no doubt', (_what, file) => {
    expect(doubts(file)).toEqual([])
  })

  test('that is unknown here: a doubt', () => {
    expect(doubts(other(3, 'x', 'y'))).toEqual(['another parser finds a.pdf (application/pdf, 3 bytes) in it'])
  })
})
