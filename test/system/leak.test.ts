/** Five secrets are planted, everything goes wrong that can, and then they are looked for wherever mailclip has written or shown anything. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

const MAIL = { words: 'canary-of-the-body', subject: 'canary-of-the-subject', file: 'canary-of-the-file' }
const PLANTED = {
  imap: 'canary-imap-b5/k+9=&Zq',
  desk: 'canary-desk-7c?w:2%Xp',
  smtp: 'canary-smtp-"1m8"n4',
  page: 'canary-page-0v6t3r',
  relay: 'canary-user-9s2d5f',
}

/** As they are, and as they travel. */
const shapes = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  // Whatever stands before it, some of these octets are in any base64 of it.
  ...[0, 1, 2].map(skip =>
    Buffer.from(secret)
      .subarray(skip, skip + Math.floor((secret.length - skip) / 3) * 3)
      .toString('base64'),
  ),
]

const leaks = (place: string, text: string): readonly string[] =>
  Object.entries(PLANTED)
    .filter(([, secret]) => shapes(secret).some(shape => text.includes(shape)))
    .map(([name]) => `${name} in ${place}`)

describeWithDovecot('a secret', () => {
  test('is in no log, metric, page, ledger, command line, listing or message, whatever goes wrong', async () => {
    const road = await setup({
      dovecot: { password: PLANTED.imap },
      scripted: { password: PLANTED.desk },
      notices: { on: ['bounced', 'held'] },
      settings: { schedule: '* * * * * *', status: { host: '127.0.0.1', port: 0, token: PLANTED.page } },
    })
    const secret = join(road.folder, 'smtp.secret')
    await writeFile(secret, PLANTED.smtp, { mode: 0o600 })
    const smtp = { host: '127.0.0.1', port: road.settings.mailboxes[0]?.notices?.smtp.port, security: 'plain' }
    const from = 'Support <support@example.com>'
    const references = {
      desk: { url: road.desk.url, user: road.desk.user, password: ['$', '{env:DESK}'].join('') },
      notices: { from, smtp: { ...smtp, user: PLANTED.relay, password: ['$', `{file:${secret}}`].join('') } },
    }
    const file = await configured(road.folder, { ...road.written, ...references })
    const environment = { DESK: PLANTED.desk }
    // A desk that hands back what it was sent, and refuses it.
    const credentials = Buffer.from(`${road.desk.user}:${PLANTED.desk}`).toString('base64')
    const echo = `{"error": "Basic ${credentials} and ${PLANTED.desk}"}`
    road.desk.will({ status: 400, body: echo }, { status: 500, body: echo }, { status: 590, body: echo }, 'hang up')
    for (const subject of ['I161026_000001', 'I161026_000002', 'I161026_000003', 'I161026_000004', 'no number'])
      await road.post(
        letter({ subject: `${subject} ${MAIL.subject}`, text: MAIL.words, attachments: { [`${MAIL.file}.txt`]: 'x' } }),
      )
    const daemon = start(['run', '--config', file], environment)
    const [, url] = await daemon.says(/status page at (http:\S+)/)
    await daemon.says(/"code":"no-ticket"/)
    await daemon.says(/"noticed"/)
    await daemon.says(/"event":"(?:suspended|uncertain)"/)
    const at = async (path: string): Promise<string> => {
      const headers = { authorization: `Bearer ${PLANTED.page}` }
      return (await fetch(new URL(path, url), { headers })).text()
    }
    const metrics = await at('/metrics')
    const pages = [await at('/'), await at('/mails/1'), await at('/health'), await at('/ready')].join('\n')
    const commandLine = await readFile(`/proc/${daemon.child.pid}/cmdline`, 'latin1')
    daemon.child.kill('SIGTERM')
    const { out, err } = await daemon.ended
    const told: string[] = []
    for (const words of [
      ['list', '--json', '--all'],
      ['show', '1', '--json'],
      ['report', '--json'],
      ['check', '--offline'],
      ['sweep'],
    ])
      told.push(...Object.values(await mailclip([...words, '--config', file], environment)).map(String))
    await writeFile(file, (await readFile(file, 'utf8')).replace('security: plain', 'security: plan'))
    told.push((await mailclip(['check', '--offline', '--config', file], environment)).err)
    const ledger: string[] = []
    for (const name of await readdir(road.folder))
      if (name.startsWith('mailclip.db')) ledger.push(await readFile(join(road.folder, name), 'latin1'))

    expect(ledger.join('').length).toBeGreaterThan(10_000)
    expect(metrics).toContain('mailclip_mails_total')
    expect([
      ...leaks('the log', out + err),
      ...leaks('the metrics', metrics),
      ...leaks('the pages', pages),
      ...leaks('the command line', commandLine),
      ...leaks('a command', told.join('\n')),
      ...leaks('the ledger', ledger.join('\n')),
    ]).toEqual([])
    expect(() => rows(out)).not.toThrow()
    for (const word of [...Object.values(MAIL), 'ada@example.org']) {
      expect(out + err, word).not.toContain(word)
      expect(metrics, word).not.toContain(word)
    }
  }, 180_000)
})
