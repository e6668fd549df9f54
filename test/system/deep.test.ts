import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const expunge = (road: WholeRoad, folder: string): Promise<string> =>
  road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', folder, 'all')

/** One mail delivered, one bounced, one held. */
async function three(road: WholeRoad): Promise<void> {
  await road.post(letter({ attachments: { 'a.txt': 'first' } }))
  await road.post(letter({ subject: 'no number', attachments: { 'b.txt': 'second' } }))
  await road.post(letter({ subject: 'I161026_000006 and I161026_000007', attachments: { 'c.txt': 'third' } }))
  expect(await road.sweep()).toBe(0)
  expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'bounced', 'held'])
}

const HOLD = { settings: { ticket: { several: 'hold' } } }

describeWithDovecot('the deep report', () => {
  test('finds every mail where the ledger says it lies, writes nothing, and ends with 0', {
    timeout: 180_000,
  }, async () => {
    const road = await setup(HOLD)
    await three(road)
    const file = await configured(road.folder, road.written)
    const before = await readFile(road.settings.ledger.file)
    const lying = await road.imap.folder('Mailclip.Held')
    const { code, out, err } = await mailclip(['report', '--deep', '--json', '--config', file])
    expect([code, err]).toEqual([0, ''])
    expect(rows(out)).toMatchObject([{ seen: 3, adds: true, differences: [], remarks: [] }])
    expect(await road.imap.folder('Mailclip.Held')).toEqual(lying)
    expect(await readFile(road.settings.ledger.file)).toEqual(before)
  })

  test('says of mail that came since that it is not seen yet, and finds nothing amiss', async () => {
    const road = await setup(HOLD)
    await three(road)
    await road.post(letter())
    await road.post(letter())
    expect(await road.deep()).toEqual([
      { mailbox: 'support', differences: [], remarks: ['UID 4 and 1 more: in INBOX came since the last sweep'] },
    ])
  })

  test('lets people tidy up what is on its ticket, and says so', async () => {
    const road = await setup({ ...HOLD, meddling: true })
    await three(road)
    await expunge(road, 'Mailclip.Delivered')
    const { code, err } = await mailclip(['report', '--deep', '--config', await configured(road.folder, road.written)])
    expect([code, err]).toEqual([
      0,
      'mailclip: note: mailbox support: mail 1 is delivered and no longer lies in Mailclip.Delivered as UID 1: somebody moved or deleted it\n',
    ])
  })

  test.each([
    ['Mailclip.Bounced', 'mail 2 is bounced'],
    ['Mailclip.Held', 'mail 3 is held'],
  ])('misses what is on no ticket and no longer lies in %s, and ends with 1', async (folder, who) => {
    const road = await setup({ ...HOLD, meddling: true })
    await three(road)
    await expunge(road, folder)
    const file = await configured(road.folder, road.written)
    const { code, out, err } = await mailclip(['report', '--deep', '--json', '--config', file])
    const sentence = `${who} and no longer lies in ${folder} as UID 1: somebody moved or deleted it`
    expect([code, err]).toEqual([1, `mailclip: mailbox support: ${sentence}\n`])
    expect(rows(out)).toMatchObject([{ difference: 0, adds: false, differences: [sentence] }])
  })

  test('finds mail that nobody recorded, and mail that was filed and lies in the watched folder still', async () => {
    const road = await setup({ mailbox: { file: { delivered: null } }, meddling: true })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    await road.sweep()
    expect(await road.deep()).toMatchObject([{ differences: [], remarks: [] }])
    const database = new DatabaseSync(road.settings.ledger.file, { enableForeignKeyConstraints: true })
    database.exec(`delete from entry where uid = 1`)
    database.exec(`update entry set lies_folder = 'Mailclip.Held', lies_uid = 7`)
    database.close()
    expect((await road.deep())[0]?.differences).toEqual([
      'mail 2 was filed in Mailclip.Held and still lies in INBOX as UID 2',
      'UID 1 lies in INBOX and is not in the ledger',
    ])
  })

  test('works beside a running daemon', { timeout: 300_000 }, async () => {
    const road = await setup()
    const file = await configured(road.folder, road.written)
    const daemon = start(['run', '--config', file])
    await daemon.says(/"swept"/)
    for (let n = 0; n < 8; n += 1) await road.post(letter({ attachments: { [`${n}.txt`]: `${n}` } }))
    for (let looks = 0; looks < 2; looks += 1) {
      const { code, out, err } = await mailclip(['report', '--deep', '--json', '--config', file])
      expect([code, err.replaceAll(/^mailclip: note: .*came since the last sweep\n/gm, '')]).toEqual([0, ''])
      expect(rows(out)).toMatchObject([{ adds: true, differences: [] }])
    }
    await road.desk.until(() => road.desk.received.length === 8)
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
  })

  test('of a mailbox that does not answer ends with its fault', async () => {
    const road = await setup({ dovecot: {}, meddling: true })
    await road.sweep()
    await road.imap.stop()
    const { code, err } = await mailclip(['report', '--deep', '--config', await configured(road.folder, road.written)])
    expect(code).toBe(69)
    expect(err).toContain(String(road.imap.port))
  })
})
