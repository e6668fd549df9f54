/** Desks of older builds and narrower profiles: a lost answer is looked for by what they show, and check says how much that is. */
import { expect, onTestFinished, test } from 'vitest'
import { examine } from '../../src/cli/check.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import type { Switches } from '../../src/simulator/desk/switches.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { setup, worldOf } from '../support/road.ts'

const TICKET = 'I161026_000005'
const NO_DOWNLOAD = ['GET /requests/:rfc/documents/:id', 'GET /documents/:id']

type Row = readonly [desk: string, mode: Partial<Switches>, level: string, state: 'delivered' | 'held']

/** The level names what it means; the state is that of a mail whose upload was stored, and its answer lost. */
const DESKS: readonly Row[] = [
  ['of today', {}, 'by hash', 'delivered'],
  ['before 2023.1 (no DDL_HREF, no nested download)', { listLinks: false, nested: false }, 'by hash', 'delivered'],
  ['before 2020.2 (no DOCUMENT either)', { listLinks: false, listNames: false, nested: false }, 'by hash', 'delivered'],
  ['with a lower-case list', { listCase: 'lower' }, 'by hash', 'delivered'],
  ['with HTTPS:// in its links', { listScheme: 'HTTPS' }, 'by hash', 'delivered'],
  ['that denies downloads', { denied: NO_DOWNLOAD }, 'by name', 'delivered'],
  [
    'before 2020.2 that denies downloads',
    { listNames: false, listLinks: false, denied: NO_DOWNLOAD },
    'by name',
    'delivered',
  ],
  ['that denies the list', { denied: ['GET /requests/:rfc/documents'] }, 'NONE', 'held'],
]

describeWithDovecot('an upload whose answer was lost', () => {
  test.each(DESKS)('at a desk %s', async (_, mode, level, state) => {
    const desk = await startDeskSimulator({ tickets: [{ number: TICKET }], user: 'mailclip', password: 'x', mode })
    onTestFinished(() => desk.close())
    const road = await setup({ desk: { url: desk.url, user: 'mailclip', password: 'x' } })
    const file = octets(20_000)
    desk.faults([{ route: 'POST /requests/:rfc/documents', nth: 1, when: 'after', cut: true }])
    await road.post(letter({ subject: TICKET, attachments: { 'Übersicht.pdf': file } }))
    await road.sweep()
    const [mail] = await road.mails()
    expect([mail?.state, mail?.attachments.map(one => one.state)]).toEqual([
      state,
      [state === 'held' ? 'uncertain' : 'delivered'],
    ])
    expect(desk.documents(TICKET).map(one => one.sha256)).toEqual([sha256(file)])
    const findings = await examine(road.settings, {}, worldOf({ now: Date.now() }))
    const evidence = findings.find(({ check }) => check === 'evidence')
    expect(evidence).toMatchObject({
      state: level === 'by hash' ? 'ok' : 'warn',
      detail: expect.stringMatching(new RegExp(`^${level}`)),
    })
  })
})
