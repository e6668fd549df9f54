/** The long proofs in short: `npm run prove:soak` and `npm run prove:backlog` at their size. */
import { expect, test } from 'vitest'
import { pile } from '../prove/pile.ts'
import { PROGRAMS } from '../prove/stage.ts'
import { sustain } from '../prove/sustained.ts'
import { describeWithDovecot } from '../support/dovecot.ts'

const program = PROGRAMS.source

describeWithDovecot('a daemon that has much to do', () => {
  test('has every mail that comes while it works on its ticket once, and lets go of what it kept of them in time', async () => {
    const { counts, uploads, samples, weight, trimmed } = await sustain({
      mails: 100,
      seed: 1,
      share: 0.1,
      program,
      every: 500,
    })
    expect(Object.entries(counts).filter(([, n]) => n > 0)).toEqual([])
    expect(uploads.without201).toBeGreaterThan(0)
    expect(samples.every(({ daemon }) => daemon.rss > 0 && daemon.files > 0)).toBe(true)
    expect(weight.rows).toMatchObject({ entry: 100, item: 100, words: 100 })
    // Where libfaketime is missing no day goes by.
    if (trimmed === undefined) return
    expect(trimmed.rows).toMatchObject({ entry: 100, item: 100, words: 0, trace: 0 })
    expect(trimmed.octets).toBeLessThan(weight.octets)
  })

  test('sees a whole backlog while the desk rests, and delivers it when the desk is back', async () => {
    const { seen, adds, first } = await pile(200, program, { mails: 50, seconds: 0 })
    expect({ seen, adds }).toEqual({ seen: 200, adds: true })
    expect(first?.mails).toBeGreaterThan(0)
  })
})
