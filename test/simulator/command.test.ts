import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { DEFAULTS } from '../../src/simulator/desk/switches.ts'
import { asJson, sample, started, TICKET } from './started.ts'

const SCRIPT = `
import { Command } from 'commander'
import { deskSimulator } from './src/cli/desk-simulator.ts'
const program = new Command()
const onStop = stop => ['SIGINT', 'SIGTERM'].forEach(signal => process.once(signal, stop))
deskSimulator(program, { out: process.stdout, onStop })
await program.parseAsync(process.argv.slice(1), { from: 'user' })`

function command(...options: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', 'desk-simulator', ...options])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'desk-command-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) return ''
  const [line] = await once(createInterface(stdout), 'line')
  return String(line)
}

test.each(['SIGTERM', 'SIGINT'] as const)('the command says where it is, serves, and ends well on %s', async signal => {
  const at = await folder()
  await writeFile(join(at, 'tickets.txt'), `${TICKET}\n\nI2_2\n`)
  await writeFile(join(at, 'faults.json'), '[{"route": "GET /requests/:rfc", "status": 503, "nth": 1}]')
  const child = command(
    ...['--port', '0', '--account', '40000', '--token', 'good', '--tickets', join(at, 'tickets.txt')],
    ...['--latency', '5ms', '--set', 'closed=403', '--set', 'maxBytes=1MB', '--faults', join(at, 'faults.json')],
    ...['--keep', join(at, 'kept')],
  )
  const line = await firstLine(child)
  const url = /^desk simulator at (http:\/\/127\.0\.0\.1:\d+\/api\/v1\/40000), its page at http:\S+\/$/.exec(line)?.[1]
  const headers = { authorization: 'Bearer good' }
  expect((await fetch(`${url}/requests/${TICKET}`, { headers })).status).toBe(503)
  expect((await fetch(`${url}/requests/${TICKET}`, { headers })).status).toBe(200)
  expect((await fetch(`${url}/requests/I3_3`, { headers })).status).toBe(404)
  const upload = asJson([sample('a.txt', Buffer.from('hello'))])
  await fetch(`${url}/requests/${TICKET}/documents`, { ...upload, headers: { ...upload.headers, ...headers } })
  const ended = once(child, 'exit')
  child.kill(signal)
  expect(await ended).toEqual([0, null])
  const [kept = ''] = await readdir(join(at, 'kept'))
  expect(await readFile(join(at, 'kept', kept), 'utf8')).toBe('hello')
})

test.each([
  [['--set', 'closed=200'], /closed is one of 201, 590, 403, not 200/],
  [['--set', 'colour=red'], /no switch colour/],
  [['--latency', 'slow'], /A duration is like 150ms/],
  [['--port', '99999'], /A port is a number up to 65535/],
  [['--tickets', '/nowhere/tickets'], /ENOENT.*\/nowhere\/tickets/],
])('a mistake in %j is named', async (options, message) => {
  const child = command(...options)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    said += text
  })
  const [code] = await once(child, 'close')
  expect(code).not.toBe(0)
  expect(said).toMatch(message)
})

test('large documents lie in a temporary folder that is gone after close', async () => {
  const found = async () => (await readdir(tmpdir())).filter(name => name.startsWith('desk-simulator-'))
  const before = await found()
  const { desk, ask } = await started()
  await ask(`/requests/${TICKET}/documents`, asJson([sample('big', Buffer.alloc(1_100_000))]))
  const during = (await found()).filter(name => !before.includes(name))
  expect(during.length).toBeGreaterThan(0)
  await desk.close()
  await desk.close()
  expect((await found()).filter(name => during.includes(name))).toEqual([])
})

test('every switch is explained in docs/desk-simulator.md, with its default', async () => {
  const docs = await readFile('docs/desk-simulator.md', 'utf8')
  for (const [key, value] of Object.entries(DEFAULTS)) {
    expect(docs).toContain(`| \`${key}\` | \`${Array.isArray(value) ? '(none)' : value}\` |`)
  }
})
