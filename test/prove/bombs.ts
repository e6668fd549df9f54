/**
 * `npm run prove:bombs [words]`: mails made to choke a mail program go through a real Dovecot to the daemon, a good mail after each. Watched from
 * outside: how long each takes to be concluded, the memory of the daemon and its parsers together, and how long /metrics takes to answer.
 * With words: only the bombs whose names hold them. Needs Dovecot and Linux.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { dovecot } from '../support/dovecot.ts'
import { leashed } from '../support/leash.ts'
import { letter } from '../support/letters.ts'
import { childrenOf, residentOf } from '../support/proc.ts'

const MAIN = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
const MB = 1_000_000
const fill = (unit: string, octets: number): string => unit.repeat(Math.ceil(octets / unit.length))
const typed = (type: string, body: string): string => `Content-Type: ${type}\r\n\r\n${body}`
const encoded = (encoding: string, body: string): string =>
  `Content-Type: x/y; name=a\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`
const pieces = (count: number): string => Array.from({ length: count }, (_, at) => `name*${at}=x`).join('; ')
const levels = (count: number): string =>
  Array.from({ length: count }, (_, at) => typed(`multipart/mixed; boundary=b${at}`, `--b${at}\r\n`)).join('')

/** What follows Subject and From, header and all. */
const BOMBS: Readonly<Record<string, () => string>> = {
  '20,000 levels of multipart': () => levels(20_000),
  'a million parts': () => typed('multipart/mixed; boundary=b', fill('--b\r\n\r\nx\r\n', 10 * MB)),
  '100,000 attachments': () =>
    typed('multipart/mixed; boundary=b', '--b\r\nContent-Type: x/y; name=a\r\n\r\nx\r\n'.repeat(100_000)),
  '500,000 header fields': () => `${fill('To: a@b.c\r\n', 5.5 * MB)}\r\nx`,
  '100,000 addresses': () => `To: ${'a@b.c, '.repeat(100_000)}\r\n\r\nx`,
  '10,000 groups in groups': () => `Sender: ${'g:'.repeat(10_000)}\r\n\r\nx`,
  '20,000 pieces of one name': () => typed(`x/y; ${pieces(20_000)}`, 'x'),
  'a header of 10 MB': () => `X: ${fill('y', 10 * MB)}\r\n\r\nx`,
  '100,000 encoded words': () => `Comments: ${'=?utf-8?Q?a?= '.repeat(100_000)}\r\n\r\nx`,
  'a million line ends of old': () => `X: y\r\n${fill('\r', MB)}x\r\n\r\nx`,
  'HTML 100,000 levels deep': () => typed('text/html', `${'<div>'.repeat(100_000)}deep`),
  '2,000 tables in each other': () => typed('text/html', `${'<table><tr><td>'.repeat(2_000)}deep`),
  'a thousand mails in each other': () => `${'Content-Type: message/rfc822\r\n\r\n'.repeat(1_000)}x`,
  '200,000 references': () => `References: ${'<1@x> '.repeat(200_000)}\r\n\r\nx`,
  '20 MB on one line': () => typed('text/plain', fill('x', 20 * MB)),
  '20 MB of equals signs': () => encoded('quoted-printable', fill('=', 20 * MB)),
  '20 MB of padding': () => encoded('base64', fill('=', 20 * MB)),
  'a million uuencoded beginnings': () => typed('text/plain', fill('begin 644 a\r\n', 13 * MB)),
  '20 MB that looks like delimiters': () => typed('multipart/mixed; boundary=b', fill('--\r\n', 20 * MB)),
}

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'mailclip-bombs-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const imap = stack.use(await dovecot())
const desk = stack.use(await startDeskSimulator({ tickets: 'any' }))
const config = join(folder, 'mailclip.yaml')
await writeFile(config, stringify(settings()), { mode: 0o600 })

const daemon = leashed(
  spawn(process.execPath, [MAIN, 'run', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] }),
)
stack.defer(() => void daemon.kill('SIGKILL'))
const told = listen(daemon)
const page = (await told.until(/status page at (http:\S+)/))[1] ?? ''
const watch = { memory: 0, answer: 0, over: false }
const watching = Promise.all([watchMemory(daemon.pid ?? 0), watchAnswers(new URL('/metrics', page))])

let failed = 0
const words = process.argv.slice(2).join(' ')
const chosen = Object.entries(BOMBS).filter(([name]) => name.includes(words))
for (const [n, [name, bomb]] of chosen.entries()) {
  const ticket = `I161026_${String(n).padStart(6, '0')}`
  const good = `I171026_${String(n).padStart(6, '0')}`
  ;[watch.memory, watch.answer] = [0, 0]
  const began = performance.now()
  const uid = await imap.deliver(`From: Ada <ada@example.org>\r\nSubject: ${ticket}\r\n${bomb()}`)
  const [, outcome = ''] = await told.until(
    new RegExp(`"event":"concluded"[^\\n]*UID=${uid}"[^\\n]*"outcome":"(\\w+)"`),
  )
  const bombed = performance.now() - began
  await imap.deliver(letter({ subject: good, attachments: { 'a.txt': 'good' } }))
  while (desk.documents(good).length === 0) await sleep(50)
  const followed = performance.now() - began - bombed
  const memory = Math.round(watch.memory / MB)
  const bad = bombed > 30_000 || followed > 30_000 || memory > 768 || watch.answer > 1_000
  if (bad) failed += 1
  process.stdout.write(
    `${name}: ${outcome} in ${(bombed / 1000).toFixed(1)} s, the good mail in ${(followed / 1000).toFixed(1)} s, ` +
      `${memory} MB, /metrics within ${watch.answer.toFixed(0)} ms${bad ? '  <-- over a limit' : ''}\n`,
  )
}
watch.over = true
await watching
process.stdout.write(`${chosen.length} bombs, ${failed} over a limit\n`)
if (failed > 0) process.exitCode = 1

/** Everything it says, and the first match in it, said already or not. */
function listen(child: ChildProcess) {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (more: string) => (text += more))
  return {
    until: async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const match = pattern.exec(text)
        if (match !== null) return match
        if (child.exitCode !== null) throw new Error(`it ended:\n${text}`)
        await sleep(50)
      }
    },
  }
}

/** Resident octets of the daemon and its children together, the most since it was last set to nothing. */
async function watchMemory(pid: number): Promise<void> {
  while (!watch.over) {
    const sizes = await Promise.all([pid, ...(await childrenOf(pid))].map(residentOf))
    const sum = sizes.reduce((all, one) => all + one, 0)
    watch.memory = Math.max(watch.memory, sum)
    await sleep(50)
  }
}

async function watchAnswers(url: URL): Promise<void> {
  while (!watch.over) {
    const began = performance.now()
    await (await fetch(url)).text()
    watch.answer = Math.max(watch.answer, performance.now() - began)
    await sleep(50)
  }
}

function settings(): object {
  const { host, port, user, password } = imap
  return {
    mailboxes: [{ name: 'support', host, port, security: 'plain', user, password, backlog: 'all' }],
    desk: { url: desk.url, user: 'mailclip', password: 'mailclip' },
    notices: null,
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: { host: '127.0.0.1', port: 0 },
  }
}
