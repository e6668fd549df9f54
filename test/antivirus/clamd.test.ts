import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Clamd, type ClamdTimes } from '../../src/antivirus/clamd.ts'
import { isFault } from '../../src/mail/fault.ts'
import { clamd, describeWithClamd, EICAR, STREAM } from '../support/clamd.ts'
import { octets } from '../support/letters.ts'
import { freePort } from '../support/ports.ts'
import { zip } from '../support/zip.ts'

const never = new AbortController().signal

async function fileOf(content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-scan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), content)
  return join(folder, 'file')
}

/** `clean`, `found NAME`, or the status and scope of the fault. */
async function verdict(scanner: Clamd, content: string | Buffer, signal = never): Promise<string> {
  const file = await fileOf(content)
  return scanner.scan(file, signal).then(
    found => (found === undefined ? 'clean' : `found ${found}`),
    (error: unknown) => (isFault(error) ? `${error.status} ${error.scope}` : String(error)),
  )
}

const nested = (depth: number): Buffer =>
  depth === 0 ? Buffer.from(EICAR) : zip(depth === 1 ? 'e.com' : 'inner.zip', nested(depth - 1))

describeWithClamd('a virus scanner', () => {
  test.each(['tcp', 'unix'] as const)('over %s finds what it knows, and calls the rest clean', async way => {
    const server = await clamd()
    const scanner = new Clamd(server[way])
    expect(await verdict(scanner, 'a letter')).toBe('clean')
    expect(await verdict(scanner, '')).toBe('clean')
    expect(await verdict(scanner, octets(STREAM - 1))).toBe('clean')
    expect(await verdict(scanner, EICAR)).toBe('found Eicar-Test-File.UNOFFICIAL')
    expect(await verdict(scanner, zip('e.com', EICAR))).toBe('found Eicar-Test-File.UNOFFICIAL')
    expect(await verdict(scanner, nested(4))).toBe('found Eicar-Test-File.UNOFFICIAL')
    expect(await verdict(scanner, zip('e.com', EICAR, 'secret'))).toMatch(/^found Heuristics\.Encrypted\./)
  })

  test('that cannot look into all of a file never calls it clean', async () => {
    const scanner = new Clamd((await clamd()).tcp)
    expect(await verdict(scanner, nested(12))).toMatch(/^found Heuristics\.Limits\.Exceeded/)
    expect(await verdict(scanner, Buffer.concat([Buffer.alloc(8 * STREAM), Buffer.from(EICAR)]))).toMatch(
      /^4\.\d\.\d mail$/,
    )
    expect(await verdict(scanner, octets(STREAM + 1))).toMatch(/^4\.\d\.\d mail$/)
  })

  test('that is down or stopped is a site at rest, and works again when it is back', async () => {
    const server = await clamd()
    const scanner = new Clamd(server.unix, { ping: 2_000 })
    server.pause()
    expect(await verdict(scanner, 'a letter')).toBe('4.4.1 antivirus')
    server.resume()
    expect(await verdict(new Clamd(server.unix), 'a letter')).toBe('clean')
    await server.stop()
    expect(await verdict(scanner, 'a letter')).toBe('4.4.1 antivirus')
  })
})

/** Answers pings, and streams as it is told. */
async function scripted(stream: (socket: Socket) => void): Promise<{ readonly host: string; readonly port: number }> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', head => {
      if (head.toString('latin1').startsWith('zPING\0')) socket.end('PONG\0')
      else stream(socket)
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port }
}

describe('only the exact word of the scanner makes a file clean', () => {
  const says = async (answer: string, times: ClamdTimes = {}): Promise<string> =>
    verdict(new Clamd(await scripted(socket => void socket.resume().end(answer)), times), 'a letter')

  test.each([
    ['stream: OK\0', 'clean'],
    ['stream: Win.Test FOUND\0', 'found Win.Test'],
    ['stream: OK FOUND\0', 'found OK'],
    ['stream: a\nb\x1b[31m FOUND\0', 'found a_b__31m'],
    ['stream: OK', '4.4.2 mail'],
    ['stream: OK \0', '4.3.0 mail'],
    ['Stream: OK\0', '4.3.0 mail'],
    ['OK\0', '4.3.0 mail'],
    ['stream: \0', '4.3.0 mail'],
    ['', '4.4.2 mail'],
    ['INSTREAM size limit exceeded. ERROR\0', '4.3.4 mail'],
    ['INSTREAM: Cannot write to temporary file. ERROR\0', '4.3.0 mail'],
    ['UNKNOWN COMMAND\0', '4.3.0 mail'],
  ])('%j: %s', async (answer, end) => {
    expect(await says(answer)).toBe(end)
  })

  test('one that falls silent, hangs up or stops reading has said nothing', async () => {
    const times = { stall: 500, scan: 500 }
    const big = octets(20_000_000)
    expect(await verdict(new Clamd(await scripted(socket => void socket.resume()), times), 'a letter')).toBe(
      '4.4.2 mail',
    )
    expect(await verdict(new Clamd(await scripted(socket => socket.resetAndDestroy())), big)).toBe('4.4.2 mail')
    expect(await verdict(new Clamd(await scripted(socket => socket.pause()), times), big)).toBe('4.4.2 mail')
  })

  test('an answer without an end is none', async () => {
    expect(await says('x'.repeat(100_000))).toBe('4.4.2 mail')
  })

  test('something else that listens there is no scanner', async () => {
    const port = await freePort()
    const server = createServer(socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    expect(await verdict(new Clamd({ host: '127.0.0.1', port }), 'a letter')).toBe('4.4.1 antivirus')
    expect(await verdict(new Clamd({ host: 'nowhere.invalid', port }), 'a letter')).toBe('4.4.1 antivirus')
  })

  test('a stop ends the scan at once', async () => {
    const stop = new AbortController()
    const scanner = new Clamd(
      await scripted(socket => {
        socket.resume()
        stop.abort(new Error('stopped'))
      }),
    )
    expect(await verdict(scanner, 'a letter', stop.signal)).toBe('Error: stopped')
  })
})
