/** Finding a mail again, and what the days were like. */
import { expect, test } from 'vitest'
import type { MailSearch } from '../../src/gateway/books.ts'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import {
  cursor,
  DAY,
  dispatchOf,
  envelope,
  final,
  HOUR,
  item,
  MINUTE,
  newest,
  START,
  sighted,
  T1,
  T2,
} from './samples.ts'

const outline = (name: string) => [
  { part: '2', type: 'application/pdf', name, disposition: 'attachment', encodedSize: 8000 } as const,
]

export function searchOf(open: Open): void {
  test.each<readonly [what: string, wanted: Omit<MailSearch, 'most'>, uids: readonly number[]]>([
    ['a word of the subject, whatever its case', { words: 'DEVIS' }, [2]],
    ['a word with its accents left out', { words: 'reclame' }, [2]],
    ['the sender’s address', { words: 'grace@' }, [2]],
    ['the sender’s name', { words: 'hopper', within: 'sender' }, [2]],
    ['the name of a file that was never dispatched', { words: 'facture', within: 'file' }, [2]],
    ['a ticket, and no other', { words: 'i161026_000006' }, [2]],
    ['the beginning of a ticket', { words: 'I161026_', within: 'ticket' }, [2, 1]],
    ['all the words, wherever each stands', { words: ' grace   facture ' }, [2]],
    ['words that no mail has together', { words: 'grace scan.pdf' }, []],
    ['a word looked for where it does not stand', { words: 'grace', within: 'subject' }, []],
    ['signs that a pattern would take for any letter', { words: '%' }, []],
    ['an underscore, for itself', { words: 's_an' }, []],
    ['a state', { states: ['bounced', 'held'] }, [2]],
    ['ignored backlog, when it is asked for', { states: ['ignored'] }, [3]],
    ['nothing in particular', {}, [2, 1]],
    ['a time', { since: new Date(START.getTime() + MINUTE) }, [2]],
    ['a time before', { before: new Date(START.getTime() + MINUTE) }, [1]],
  ])('a mail is found by %s', async (_, wanted, uids) => {
    const { ledger, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    pass(MINUTE)
    const from = { name: 'Grace Hopper', address: 'grace@example.org' }
    const subject = 'Devis réclamé'
    await ledger.record(
      [
        sighted(2, {
          envelope: envelope(2, { subject, from, outline: outline('Facture été.PDF') }),
          tickets: [T2],
          decided: final('bounced'),
        }),
        sighted(3, { envelope: envelope(3, { subject }), decided: 'ignored' }),
      ],
      cursor(3),
    )
    expect((await ledger.search({ ...wanted, most: 10 })).mails.map(({ uid }) => uid)).toEqual(uids)
  })

  test('a mail is found by a file inside another one, once it was opened', async () => {
    const { ledger, now } = await open()
    await ledger.record([sighted(1, { envelope: envelope(1, { outline: outline('winmail.dat') }) })], cursor(1))
    await ledger.dispatch(await claimed(ledger, now()), dispatchOf(item('Budget.xlsx', { part: '2/1' })), [])
    for (const words of ['budget', 'winmail'])
      expect((await ledger.search({ words, within: 'file', most: 5 })).mails).toHaveLength(1)
  })

  test('pages follow one another in both directions, without a mail left out or shown twice', async () => {
    const { ledger } = await open()
    const ids = await ledger.record(
      Array.from({ length: 25 }, (_, n) => sighted(n + 1)),
      cursor(25),
    )
    const newest = ids.toReversed()
    const first = await ledger.search({ words: 'scan', most: 10 })
    expect(first).toMatchObject({ newer: false, older: true })
    const beside = (id: string | undefined, side: 'older' | 'newer') => ({ beside: { id: id ?? '', side }, most: 10 })
    const second = await ledger.search(beside(first.mails.at(-1)?.id, 'older'))
    const third = await ledger.search(beside(second.mails.at(-1)?.id, 'older'))
    expect([...first.mails, ...second.mails, ...third.mails].map(({ id }) => id)).toEqual(newest)
    expect(third).toMatchObject({ newer: true, older: false })
    const back = await ledger.search(beside(third.mails[0]?.id, 'newer'))
    expect(back.mails.map(({ id }) => id)).toEqual(newest.slice(10, 20))
    expect(back).toMatchObject({ newer: true, older: true })
    expect(await ledger.search(beside(second.mails[0]?.id, 'newer'))).toMatchObject({ newer: false, older: true })
  })

  test('what was trimmed is not found by its words', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1, { decided: final('discarded') })], cursor(1))
    pass(401 * DAY)
    await ledger.record([newest(now())], cursor(9))
    expect(await ledger.trim(now(), 400 * DAY)).toBe(1)
    expect((await ledger.search({ most: 5 })).mails.map(({ uid }) => uid)).toEqual([9])
  })

  test('a day tells its mails by outcome, how long they took to their tickets, and what waited at its end', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1), sighted(2, { decided: final('bounced') }), sighted(3)], cursor(3))
    pass(10 * MINUTE)
    await ledger.conclude(await claimed(ledger, now()), final('delivered'), [])
    pass(30 * HOUR)
    await ledger.conclude(await claimed(ledger, now()), final('held'), [])
    await ledger.record([sighted(4, { decided: 'ignored' })], cursor(4))
    const bounds = [0, 1, 2].map(n => new Date(START.getTime() + n * DAY))
    const [first, second, ...rest] = await ledger.days(bounds)
    expect(rest).toEqual([])
    expect(first).toMatchObject({
      from: START,
      counts: { delivered: 1, bounced: 1, held: 1, queued: 0 },
      waiting: { count: 1, oldest: DAY },
    })
    for (const time of Object.values(first?.toTicket ?? {}))
      expect(Math.abs(time / (10 * MINUTE) - 1)).toBeLessThan(0.2)
    expect(second).toMatchObject({
      counts: { delivered: 0, ignored: 1 },
      toTicket: undefined,
      waiting: { count: 1, oldest: 2 * DAY },
    })
    expect(await ledger.days([])).toEqual([])
    expect((await ledger.search({ words: T1, most: 9 })).mails).toHaveLength(3)
  })
}
