import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FileBytes } from '../../src/mime/file-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'mailclip-file-bytes-'))
const path = join(folder, 'file')
writeFileSync(path, 'twelve bytes')
const file = openSync(path, 'r')
afterAll(() => {
  closeSync(file)
  rmSync(folder, { recursive: true })
})

test('a file is read by position, and never beyond its ends', () => {
  const bytes = new FileBytes(file, 12, 100)
  expect(bytes.read(7, 100).toString()).toBe('bytes')
  expect(bytes.read(-1, 6).toString()).toBe('twelve')
  expect(bytes.read(50, 1).toString()).toBe('')
  expect(bytes.tail(5).toString()).toBe('bytes')
  expect(bytes.tail(50).toString()).toBe('twelve bytes')
})

test('no more of a file is read than the budget allows, in however many reads', () => {
  const bytes = new FileBytes(file, 12, 10)
  expect(bytes.read(0, 6).toString()).toBe('twelve')
  expect(bytes.read(8, 4).toString()).toBe('ytes')
  expect(() => bytes.read(0, 1)).toThrow('too much of the file')
})
