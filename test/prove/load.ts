/**
 * `npm run prove:load [mails] [kilobytes] [latency ms]`: mails through a real Dovecot to the desk simulator, once in each encoding;
 * every attachment is compared by SHA-256. Needs Dovecot.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sweepOnce } from '../../src/cli/sweep.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { dovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { worldOf } from '../support/road.ts'

const [mails = 200, kilobytes = 100, latency = 150] = process.argv.slice(2).map(Number)

for (const encoding of ['multipart', 'json']) {
  const { seconds, requests, faults } = await prove(encoding)
  const rate = (mails / seconds).toFixed(1)
  process.stdout.write(
    `${encoding}: ${mails} mails of ${kilobytes} KB in ${seconds.toFixed(1)} s (${rate}/s), ${requests} requests of ${latency} ms\n`,
  )
  for (const fault of faults) process.stdout.write(`  ${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}

async function prove(encoding: string) {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-load-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const imap = stack.use(await dovecot())
  const desk = stack.use(await startDeskSimulator({ tickets: 'any', latency }))
  const sent = Array.from({ length: mails }, (_, n) => ({
    ticket: `I161026_${String(n).padStart(6, '0')}`,
    name: `report-${n}.bin`,
    content: octets(kilobytes * 1_000, n),
  }))
  await imap.deliverMany(
    sent.map(({ ticket, name, content }) => letter({ subject: ticket, attachments: { [name]: content } })),
  )
  const settings = parseSettings({
    mailboxes: [
      { host: imap.host, port: imap.port, security: 'plain', user: imap.user, password: imap.password, backlog: 'all' },
    ],
    desk: { url: desk.url, user: 'mailclip', password: 'mailclip', encoding },
    notices: null,
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
  })
  const started = performance.now()
  const code = await sweepOnce(settings, worldOf({ now: Date.now() }), () => {})
  const seconds = (performance.now() - started) / 1_000
  const faults = code === 0 ? [] : [`the sweep ended with ${code}`]
  for (const { ticket, name, content } of sent) {
    const kept = desk.documents(ticket)
    const right = kept.length === 1 && kept[0]?.name === name && kept[0].sha256 === sha256(content)
    if (!right) faults.push(`${ticket}: ${kept.length} documents, or not the octets that were sent`)
  }
  const left = await imap.folder('INBOX')
  if (left.length > 0) faults.push(`${left.length} mails are still in INBOX`)
  return { seconds, requests: desk.journal().length, faults }
}
