/** Mails in which a file may be that was not found: held until a person decides, whoever sent them. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { configured, mailclip, rows } from '../support/process.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const PDF = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(900, 'pdf')])
const PASTED = (PDF.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')

/** A mail with one whole file, and one that a program wrote into the text. */
const doubtful = (...header: readonly string[]): Buffer =>
  Buffer.from(
    [
      'From: Ann <ann@example.com>',
      'To: support@example.com',
      'Subject: I161026_000005 scans',
      'Message-ID: <doubtful@example.com>',
      ...header,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="=_b"',
      '',
      '--=_b',
      'Content-Type: text/plain',
      '',
      PASTED,
      '--=_b',
      'Content-Type: text/csv; name=a.csv',
      'Content-Disposition: attachment; filename=a.csv',
      '',
      '1;2',
      '--=_b--',
      '',
    ].join('\r\n'),
  )

const DOUBT = 'part 1: its text holds 909 bytes of base64 that are a file (application/pdf)'

async function corrected(road: WholeRoad, verb: string, ...options: readonly string[]): Promise<void> {
  const file = await configured(road.folder, road.written)
  expect((await mailclip([verb, (await road.mails())[0]?.id ?? '', ...options, '--config', file])).code).toBe(0)
  road.pass(Date.now() - road.now().getTime() + 1_000)
  expect(await road.sweep()).toBe(0)
}

describeWithDovecot('a mail in which a file may be that was not found', () => {
  test.each([
    ['from a person', []],
    ['that is a reply', ['In-Reply-To: <earlier@example.com>']],
    ['that a program wrote', ['Auto-Submitted: auto-generated']],
  ])('%s is held and nothing of it goes, until it is released', async (_who, header) => {
    const road = await setup()
    await road.post(doubtful(...header))
    expect(await road.sweep()).toBe(0)
    const [mail] = await road.mails()
    expect(mail).toMatchObject({ state: 'held', code: 'unparsable', status: '5.6.0' })
    expect(mail?.reason).toContain(DOUBT)
    const trace = await road.trace(mail?.id ?? '')
    expect(trace).toContain(`doubt: ${DOUBT}`)
    expect(trace.find(line => line.includes('a.csv'))).toContain('goes')
    expect(road.desk.received).toEqual([])
    await corrected(road, 'release')
    expect((await road.mails())[0]).toMatchObject({ state: 'delivered' })
    expect(road.desk.received.map(({ name }) => name)).toEqual(['a.csv'])
  })

  test('is parsed anew by retry, also for another ticket, and held again', async () => {
    const road = await setup()
    await road.post(doubtful())
    await road.sweep()
    await corrected(road, 'retry')
    expect((await road.mails())[0]).toMatchObject({ state: 'held', code: 'unparsable' })
    await corrected(road, 'retry', '--ticket', 'I161026_000006')
    expect((await road.mails())[0]).toMatchObject({ state: 'held', code: 'unparsable' })
    expect(road.desk.received).toEqual([])
  })

  test('is bounced by its header where it names no ticket, and held once an operator gives it one', async () => {
    const road = await setup()
    await road.post(Buffer.from(doubtful().toString('latin1').replace('I161026_000005 ', ''), 'latin1'))
    await road.sweep()
    expect((await road.mails())[0]).toMatchObject({ state: 'bounced', code: 'no-ticket' })
    await corrected(road, 'retry', '--ticket', 'I161026_000005')
    expect((await road.mails())[0]).toMatchObject({ state: 'held', code: 'unparsable' })
    expect(road.desk.received).toEqual([])
  })

  test('is previewed with what would go and what the doubt is', async () => {
    const road = await setup()
    await road.post(doubtful())
    const file = await configured(road.folder, road.written)
    const { out } = await mailclip(['preview', '--mailbox', 'support', '--json', '--config', file])
    expect(rows(out)[0]).toMatchObject({ outcome: 'held', code: 'unparsable', attachments: [{ name: 'a.csv' }] })
    expect(out).toContain(DOUBT)
  })
})
