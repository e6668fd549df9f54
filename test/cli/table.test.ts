import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { EXIT, worst } from '../../src/cli/exit.ts'
import { print, tableLines, wantsColour, widthOf } from '../../src/cli/table.ts'
import { screen } from '../support/screen.ts'

const lines = (rows: readonly (readonly string[])[], columns = [{ title: 'A', most: 10 }, { title: 'B' }]) =>
  Array.fromAsync(tableLines(columns, rows, false))

test.each([
  ['Schraube', 8],
  ['é', 1],
  ['e\u0301', 1],
  ['漢字', 4],
  ['한글', 4],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['ﬀ', 1],
])('%s takes %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

test('columns are aligned whatever is written in them, and long cells end in an ellipsis', async () => {
  const printed = await lines([
    ['漢字', 'x'],
    ['Übermäßig lang', 'y'],
    ['漢字漢字漢字', 'z'],
  ])
  expect(printed).toEqual(['A           B', '漢字        x', 'Übermäßig…  y', '漢字漢字…   z'])
})

test('what a sender wrote neither starts a line nor moves the cursor', async () => {
  const printed = await lines([['a\r\nb\u001b[2J', '\u202ec']])
  expect(printed[1]).toBe('a b\ufffd[2J  \ufffdc')
})

test('no rows print nothing, and many are not all waited for', async () => {
  expect(await lines([])).toEqual([])
  let asked = 0
  const endless = (function* () {
    for (;;) yield [String(asked++), 'x']
  })()
  for await (const line of tableLines([{ title: 'A' }, { title: 'B' }], endless, false))
    if (line.startsWith('300')) break
  expect(asked).toBeLessThan(400)
})

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('on a terminal (%s) with %j colours are %s', (terminal, environment, expected) => {
  expect(wantsColour(screen({ terminal, environment }))).toBe(expected)
})

test('printing waits for a slow reader, and ends when it has gone away', async () => {
  let taken = 0
  const slow = new Writable({
    highWaterMark: 4,
    write: (_chunk, _encoding, done) => {
      taken += 1
      setImmediate(done)
    },
  })
  await print(
    slow,
    Array.from({ length: 50 }, () => 'line'),
  )
  expect(taken).toBeGreaterThanOrEqual(49)
  let offered = 0
  const gone = new Writable({ highWaterMark: 4, write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  const endless = (function* () {
    for (; ; offered += 1) yield `line ${offered}`
  })()
  await print(gone, endless)
  expect(offered).toBeLessThan(10)
})

test.each([
  [[], 0],
  [[0, 0], 0],
  [[0, 75, 0], 75],
  [[75, 69], 69],
  [[69, 74], 74],
  [[74, 70], 70],
  [[70, 77], 77],
  [[77, 78, 0], 78],
])('of %j the worst is %i', (codes, expected) => {
  expect(worst(codes)).toBe(expected)
  expect(worst(codes.toReversed())).toBe(expected)
})

test('exit codes are those of sysexits', () => {
  expect(EXIT).toMatchObject({
    usage: 64,
    input: 66,
    suspended: 69,
    bug: 70,
    ledger: 74,
    deferred: 75,
    credentials: 77,
    configuration: 78,
  })
})
