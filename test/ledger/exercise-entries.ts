/** Knowing mails: recorded once, recognised again. */
import { expect, test } from 'vitest'
import { because } from '../../src/mail/status.ts'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, envelope, FOLDERS, final, notice, numbering, sighted, T1, T2 } from './samples.ts'

const seenBy = async (ledger: { accounts(): Promise<readonly { mailbox: string; seen: number }[]> }) =>
  (await ledger.accounts()).find(({ mailbox }) => mailbox === 'support')?.seen

export function entriesOf(open: Open): void {
  test('a folder that was never swept has no cursor, a swept one has it, and a new UIDVALIDITY begins at 0', async () => {
    const { ledger } = await open()
    expect(await ledger.cursor(numbering())).toBeUndefined()
    await ledger.record([], cursor(0))
    expect(await ledger.cursor(numbering())).toBe(0)
    await ledger.record([sighted(4)], cursor(4))
    expect(await ledger.cursor(numbering())).toBe(4)
    expect(await ledger.cursor(numbering('18'))).toBe(0)
    expect(await ledger.cursor(numbering('17', 'Other'))).toBeUndefined()
  })

  test('the cursor never moves back', async () => {
    const { ledger } = await open()
    await ledger.record([], cursor(9))
    await ledger.record([], cursor(3))
    expect(await ledger.cursor(numbering())).toBe(9)
  })

  test('recorded mails are known by UID, in their folder and UIDVALIDITY only', async () => {
    const { ledger } = await open()
    await ledger.record([sighted(1), sighted(3)], cursor(3))
    expect(await ledger.known(numbering(), [1, 2, 3])).toEqual(new Set([1, 3]))
    expect(await ledger.known(numbering('18'), [1, 2, 3])).toEqual(new Set())
    expect(await ledger.known(numbering('17', 'INBOX', 'other'), [1])).toEqual(new Set())
  })

  test('a mail recorded twice has one entry and is counted once', async () => {
    const { ledger } = await open()
    const first = await ledger.record([sighted(1), sighted(2)], cursor(2))
    const second = await ledger.record([sighted(2), sighted(3)], cursor(3))
    expect(second[0]).toBe(first[1])
    expect(await seenBy(ledger)).toBe(3)
  })

  test('a mail decided at sight is concluded at once, with its notice and its filing', async () => {
    const { ledger } = await open()
    const decided = final('bounced', { notice: notice('bounced'), parts: envelope(1).outline ?? [] })
    const [id = ''] = await ledger.record([sighted(1, { tickets: [], decided })], cursor(1))
    const [one] = await ledger.unsettled('support', 10)
    expect(one).toMatchObject({ id, kind: 'bounced', filed: false, filing: { folder: 'Mailclip/Bounced' } })
    expect(one?.notice?.notice).toEqual(notice('bounced'))
    expect((await ledger.show(id))?.mail).toMatchObject({
      state: 'bounced',
      status: '5.1.3',
      attachments: [{ part: '2', name: 'scan.pdf', sha256: null, size: null, state: 'skipped' }],
    })
    expect(await ledger.claim('support', new Date(8e14))).toBeUndefined()
  })

  test('backlog that is not taken is recorded as ignored, and is not part of the account of mails seen', async () => {
    const { ledger } = await open()
    await ledger.record([sighted(1, { decided: 'ignored' }), sighted(2)], cursor(2))
    expect(await ledger.known(numbering(), [1])).toEqual(new Set([1]))
    expect(await ledger.accounts()).toEqual([
      expect.objectContaining({ mailbox: 'support', seen: 1, waiting: 1, ignored: 1 }),
    ])
    expect(await ledger.unsettled('support', 10)).toEqual([])
  })

  test('numbers that are void are known no more: the folder counts as swept, from the first mail on, and its mails by their fingerprints', async () => {
    const { ledger, now } = await open()
    const [id] = await ledger.record([sighted(1)], cursor(1))
    const ref = { ...envelope(1).ref, folder: 'Other' }
    await ledger.record([sighted(1, { envelope: envelope(1, { ref }) })], { ...cursor(1), folder: 'Other' })
    await ledger.disown(numbering())
    expect([...(await ledger.known(numbering(), [1]))]).toEqual([])
    expect(await ledger.cursor(numbering())).toBe(0)
    expect([...(await ledger.known(numbering('17', 'Other'), [1]))]).toEqual([1])
    await ledger.recognise(id ?? '', envelope(2).ref, false)
    expect([...(await ledger.known(numbering(), [1, 2]))]).toEqual([2])
    expect((await ledger.claim('support', now()))?.envelope.ref.uid).toBe(2)
  })

  test('a mail under a new number is recognised: the entry follows it and stays as it was', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const [twin] = await ledger.twins('support', 'fingerprint of 1')
    expect(twin).toEqual({ id, ref: envelope(1).ref, final: false, inHand: false, filedAway: false, gone: false })
    const ref = { ...envelope(1).ref, uidValidity: '18', uid: 70 }
    await ledger.recognise(id, ref, false)
    expect((await ledger.claim('support', now()))?.envelope).toEqual({ ...envelope(1), ref })
    expect(await ledger.known(numbering(), [1])).toEqual(new Set())
    expect(await ledger.twins('other', 'fingerprint of 1')).toEqual([])
  })

  test('a mail that we filed and a person moved back is tried again, and counted as seen once', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1, { decided: final('bounced') })], cursor(1))
    await ledger.filed(id, { folder: 'Mailclip.Bounced', uidValidity: '3', uid: 5 }, now())
    expect(await ledger.twins('support', 'fingerprint of 1')).toMatchObject([{ id, final: true, filedAway: true }])
    const ref = { ...envelope(1).ref, uid: 9 }
    await ledger.recognise(id, ref, true)
    const claim = await ledger.claim('support', now())
    expect(claim).toMatchObject({ id, attempt: 1, dispatch: undefined, envelope: { ref } })
    expect(await seenBy(ledger)).toBe(1)
  })

  test('a mail that was moved back, and is recognised once more when it has been filed again, is tried once', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const deliver = async (uid: number): Promise<void> => {
      await ledger.conclude(await claimed(ledger, now()), final('delivered'), [])
      await ledger.filed(id, { folder: FOLDERS.delivered, uidValidity: '5', uid }, now())
    }
    await deliver(1)
    const [twin] = await ledger.twins('support', 'fingerprint of 1')
    expect(twin).toMatchObject({ id, filedAway: true })
    await ledger.recognise(id, cursor(2), true)
    await deliver(2)
    // Another replica had sighted it meanwhile, and was slower.
    await ledger.recognise(id, cursor(2), true)
    expect(await ledger.claim('support', now())).toBeUndefined()
    expect(await ledger.twins('support', 'fingerprint of 1')).toMatchObject([{ filedAway: true, final: true }])
  })

  test('a mail that was left where it lay, or was gone when it was to be filed, is not called filed away', async () => {
    const { ledger, now } = await open()
    const ids = await ledger.record(
      [1, 2].map(uid =>
        sighted(uid, { decided: final('bounced', { filing: { folder: undefined, flag: '\\Flagged' } }) }),
      ),
      cursor(2),
    )
    await ledger.filed(ids[0] ?? '', { folder: 'INBOX', uidValidity: '17', uid: 1 }, now())
    await ledger.filed(ids[1] ?? '', undefined, now())
    expect(await ledger.twins('support', 'fingerprint of 1')).toMatchObject([{ filedAway: false }])
    expect(await ledger.twins('support', 'fingerprint of 2')).toMatchObject([{ filedAway: false }])
  })

  test('a mail that was gone before its turn and is back is tried again', async () => {
    const { ledger, now } = await open()
    const outcome = { kind: 'discarded' as const, ...because('gone', 'somebody removed it') }
    const [id = ''] = await ledger.record([sighted(1, { decided: final('discarded', { outcome }) })], cursor(1))
    expect(await ledger.twins('support', 'fingerprint of 1')).toMatchObject([{ id, final: true, gone: true }])
    await ledger.recognise(id, { ...envelope(1).ref, uid: 9 }, true)
    expect(await ledger.claim('support', now())).toMatchObject({ id, attempt: 1 })
  })

  test('an answer to a known mail, or to a notice of ours, belongs to that mail’s ticket', async () => {
    const { ledger } = await open()
    await ledger.record(
      [sighted(1), sighted(2, { tickets: [T2], decided: final('held', { notice: notice('held') }) })],
      cursor(2),
    )
    expect(await ledger.ticketOfThread('support', ['<nobody@example.com>', '<1@example.com>'])).toBe(T1)
    expect(await ledger.ticketOfThread('support', [notice('held').messageId])).toBe(T2)
    expect(await ledger.ticketOfThread('other', ['<1@example.com>'])).toBeUndefined()
    expect(await ledger.ticketOfThread('support', [])).toBeUndefined()
  })

  test('a mail that copies a Message-ID does not take the thread over', async () => {
    const { ledger } = await open()
    const copy = envelope(2, { messageId: '<1@example.com>' })
    await ledger.record([sighted(1), sighted(2, { envelope: copy, tickets: [T2] })], cursor(2))
    expect(await ledger.ticketOfThread('support', ['<1@example.com>'])).toBe(T1)
  })
}
