import { expect, test } from 'vitest'
import { evidenceOf } from '../../src/gateway/evidence.ts'

test.each([
  [{ list: true, download: true, names: true }, 'hash'],
  [{ list: true, download: true, names: false }, 'hash'],
  [{ list: true, download: false, names: true }, 'name'],
  [{ list: true, download: false, names: undefined }, 'name'],
  [{ list: true, download: false, names: false }, 'count'],
  [{ list: false, download: true, names: true }, 'none'],
] as const)('a desk that shows %j gives the evidence %s', (shown, evidence) => {
  expect(evidenceOf(shown)).toBe(evidence)
})
