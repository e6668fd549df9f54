import { describe, expect, test } from 'vitest'
import { type ItemEnd, outcomeOf } from '../../src/gateway/items.ts'
import { because } from '../../src/mail/status.ts'

const soon = new Date('2026-11-23T10:00:30Z')
const later = new Date('2026-11-23T10:05:00Z')

const item = (state: ItemEnd['state'], rest: Partial<ItemEnd> = {}): ItemEnd => ({
  name: 'a.txt',
  state,
  because: undefined,
  lookAt: undefined,
  ...rest,
})
const tooLarge = because('too-large', 'a.txt is larger than 25 MB')

describe('the outcome of a mail with several attachments', () => {
  test.each([
    ['all delivered', [item('delivered'), item('delivered')], 'delivered', 'delivered'],
    ['delivered and skipped', [item('delivered'), item('skipped')], 'delivered', 'delivered'],
    ['one still pending', [item('delivered'), item('pending')], 'deferred', 'deferred-pending'],
    ['one begun', [item('refused', { because: tooLarge }), item('begun')], 'deferred', 'deferred-pending'],
    ['one to be looked for', [item('uncertain', { lookAt: soon }), item('refused')], 'deferred', 'deferred-uncertain'],
    ['one nobody can know of', [item('uncertain'), item('refused'), item('delivered')], 'held', 'uncertain'],
    ['one refused, one delivered', [item('delivered'), item('refused')], 'bounced', 'partial'],
    ['all refused', [item('refused', { because: tooLarge }), item('refused')], 'bounced', 'too-large'],
  ])('%s', (_, items, kind, code) => {
    const outcome = outcomeOf(items)
    expect([outcome.kind, outcome.because.code]).toEqual([kind, code])
  })

  test('a deferred one is due when the first of its uncertain uploads is to be looked for', () => {
    const outcome = outcomeOf([item('uncertain', { lookAt: later }), item('uncertain', { lookAt: soon })])
    expect(outcome).toMatchObject({ kind: 'deferred', until: soon })
  })
})
