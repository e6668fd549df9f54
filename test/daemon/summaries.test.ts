import { expect, test } from 'vitest'
import { openBeside } from '../../src/cli/open-ledger.ts'
import { tellOperator } from '../../src/daemon/summaries.ts'
import { Fault } from '../../src/mail/fault.ts'
import { machineOf } from '../../src/mail/sender.ts'
import { readHeader } from '../../src/mime/header.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup, worldOf } from '../support/road.ts'

const HOUR = 3_600_000
const SEVERAL = letter({ subject: 'I161026_000005 or I161026_000006', attachments: { 'a.txt': 'first' } })

/** A road whose operator wants to be told; his mails are apart from the notices. */
async function told(summary: object, settings: object = {}) {
  const road = await setup({
    notices: { on: [] },
    settings: {
      timezone: 'Europe/Paris',
      ticket: { several: 'hold' },
      summary: { to: 'ops@example.net', at: '08:00', ...summary },
      ...settings,
    },
  })
  const subjects = () => road.sent.map(({ raw }) => headerOf(raw).subject)
  return { ...road, road, subjects }
}

const headerOf = (raw: string) => readHeader(Buffer.from(raw.split('\r\n\r\n')[0] ?? ''))

/** Quoted-printable taken off. */
const textOf = (raw: string): string =>
  Buffer.from(
    raw
      .slice(raw.indexOf('text/plain'))
      .split(/\r\n----_NmP/)[0]
      ?.replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))) ?? '',
    'latin1',
  ).toString()

describeWithDovecot('the operator', () => {
  test('gets one summary a day at the time of the wall, with figures, what is held, and what to do', async () => {
    const { road, subjects, sweep, post, pass, mails } = await told({ alarmAfter: null })
    await sweep()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await post(SEVERAL)
    await sweep()
    // 07:59 in Paris.
    pass(21 * HOUR - 60_000)
    await sweep()
    expect(subjects()).toEqual([])
    pass(60_000)
    await sweep()
    await sweep()
    expect(subjects()).toEqual(['mailclip: 1 mail held'])
    const [{ raw, from, to } = { raw: '', from: '', to: [] }] = road.sent
    expect([from, to]).toEqual(['support@example.com', ['ops@example.net']])
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(raw).toMatch(/^Message-ID: <mailclip\.[\da-f]{32}@example\.com>\r$/m)
    const held = (await mails()).find(({ state }) => state === 'held')
    const text = textOf(raw)
    expect(text).toContain('From Nov 23, 2026, 8:00 AM to Nov 24, 2026, 8:00 AM. (Europe/Paris)')
    expect(text).toContain('- support: 2 seen: 1 delivered, 0 sent back, 0 discarded, 1 held, 0 waiting')
    expect(text).toContain(
      `- mail ${held?.id}, ticket I161026_000005, I161026_000006, since Nov 23, 2026, 11:00 AM: 5.1.4`,
    )
    expect(text).toContain('"mailclip show ID"')
    expect(raw).toContain('<li>support: 2 seen')
    expect(text).not.toMatch(/ada@|a\.txt/)
    pass(24 * HOUR)
    await sweep()
    expect(subjects()).toHaveLength(2)
    expect(textOf(road.sent[1]?.raw ?? '')).toContain('- support: 0 seen')
  })

  test('is told in French that all is well, once, though the time was slept through for days', async () => {
    const { road, subjects, sweep, post, pass } = await told({ language: 'fr' })
    await sweep()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await sweep()
    pass(72 * HOUR)
    await sweep()
    await sweep()
    expect(subjects()).toEqual(['mailclip: tout va bien, 1 courriel depuis le dernier résumé'])
    expect(textOf(road.sent[0]?.raw ?? '')).toContain('- support: 1 vus : 1 livrés')
  })

  test('is told once of a mail that waits for a person, and once of each that joins it', async () => {
    const { road, subjects, sweep, post, pass } = await told({ at: '09:00', alarmAfter: '1h' })
    await post(SEVERAL)
    await sweep()
    pass(HOUR - 1_000)
    await sweep()
    expect(subjects()).toEqual([])
    pass(1_000)
    await sweep()
    // A process that has just started knows it too: each of these sweeps opens the ledger anew.
    await sweep()
    expect(subjects()).toEqual(['mailclip: 1 mail held'])
    expect(textOf(road.sent[0]?.raw ?? '')).toContain('once for each cause')
    await post(Buffer.from(SEVERAL.toString().replace('Subject:', 'X-Second: yes\r\nSubject:')))
    await sweep()
    expect(subjects()).toHaveLength(1)
    pass(HOUR)
    await sweep()
    await sweep()
    expect(subjects()).toEqual(['mailclip: 1 mail held', expect.stringMatching(/2 mails held/)])
  })

  test('is told once of a site that rests for long, and again when it rests again', async () => {
    const { desk, subjects, sweep, post, pass, road } = await told(
      { at: '09:00', alarmAfter: '30m' },
      { retry: { first: '1m', max: '1m' } },
    )
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    const down = async (minutes: number): Promise<void> => {
      for (let n = 0; n < minutes; n += 10) {
        desk.willSay('list', 503)
        await sweep()
        pass(10 * 60_000)
      }
    }
    await down(60)
    expect(subjects()).toEqual(['mailclip: 1 site suspended'])
    expect(textOf(road.sent[0]?.raw ?? '')).toMatch(
      /- desk http.* since Nov 23, 2026, 11:00 AM, tried again .*: 4\.3\.2/,
    )
    expect(textOf(road.sent[0]?.raw ?? '')).toContain('"mailclip check"')
    await sweep()
    await post(letter({ attachments: { 'b.txt': 'second' } }))
    await down(60)
    expect(subjects()).toEqual(['mailclip: 1 site suspended', 'mailclip: 1 site suspended'])
    await sweep()
  })

  test('is told by one of several workers alone, later where the relay does not answer, and never twice where it may have', async () => {
    const { road, settings, sweep, post, pass, now, imap } = await told({ at: '08:00' })
    await post(SEVERAL)
    await sweep()
    pass(2 * HOUR)
    const results: (string | undefined)[] = []
    const worker = async (send: () => Promise<void>): Promise<void> => {
      await using ledger = await openBeside(settings, worldOf({ now: now().getTime() }))
      const observe = (event: { readonly kind: string; readonly result?: unknown }): void => {
        results.push(event.kind === 'summary' ? String(event.result) : event.kind)
      }
      await tellOperator({ at: 420, timezone: 'UTC', alarmAfter: HOUR, send, ledger, clock: road, observe })
    }
    await worker(() => Promise.reject(new Fault('4.4.1', 'nobody answers there', { scope: 'post' })))
    let sending = 0
    const count = async (): Promise<void> => {
      sending += 1
    }
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const first = worker(async () => {
      sending += 1
      begun.resolve()
      await gate.promise
      throw new Fault('4.4.2', 'the line broke after the final dot', { scope: 'post', applied: 'maybe' })
    })
    await begun.promise
    await worker(count)
    gate.resolve()
    await first
    await worker(count)
    expect([sending, results]).toEqual([1, ['failed', 'unknown']])
    // It is no mail for us, should it ever come back.
    pass(22 * HOUR)
    await sweep()
    const [{ raw } = { raw: '' }] = road.sent
    expect(machineOf(headerOf(raw), [])).toMatchObject({ kind: 'report' })
    await imap.deliver(Buffer.from(raw))
    await sweep()
    expect((await road.mails()).map(({ state }) => state)).toEqual(['held', 'discarded'])
  })
})
