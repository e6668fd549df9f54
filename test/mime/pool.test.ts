import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { open, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parsers } from '../support/parsers.ts'
import { file, multipart, outline, plain, setup } from './parsing.ts'

const linux = process.platform === 'linux'
const NEVER = new AbortController().signal

/** A mail that never comes to an end: a pipe that is held open. */
async function endless(folder: string): Promise<string> {
  const path = join(folder, 'raw.eml')
  execFileSync('mkfifo', [path])
  const held = await open(path, 'r+')
  onTestFinished(() => held.close())
  return path
}

describe.runIf(linux)('a mail that hurts the parser costs nobody else', () => {
  const isWell = async (parse: (mail: string) => Promise<unknown>) =>
    expect(await parse(plain('good'))).toMatchObject({ text: { whole: 'good' } })

  test('a mail that takes too long is given up at the deadline, the next one parses', async () => {
    const { parse, parseFile, folder } = await setup({ deadline: 500 })
    const start = performance.now()
    await expect(parseFile(await endless(await folder()))).rejects.toMatchObject({ status: '5.3.5', scope: 'mail' })
    expect(performance.now() - start).toBeLessThan(30_000)
    await isWell(parse)
  })

  test('a mail that takes too much memory ends with the child, the next one parses', async () => {
    const { parseFile, folder } = await setup({ memory: 2 ** 20 })
    await expect(parseFile(await endless(await folder()))).rejects.toMatchObject({
      status: '5.3.5',
      message: 'the mail takes more memory than the parser may have',
    })
  })

  test('a child that is killed from outside is replaced', async () => {
    const { parse, parseFile, folder } = await setup({ children: 1 })
    const before = new Set(parsers())
    const parsing = parseFile(await endless(await folder()))
    const caught = parsing.catch((error: unknown) => error)
    let victim: string | undefined
    while (victim === undefined) {
      victim = parsers().find(pid => !before.has(pid))
      await pause(5)
    }
    await pause(400)
    process.kill(Number(victim), 'SIGKILL')
    expect(await caught).toMatchObject({ status: expect.stringMatching(/^(5\.3\.5|4\.3\.0)$/) })
    await isWell(parse)
  })

  test('signals to the whole group leave the parser at its work', async () => {
    const { parse } = await setup({ children: 1 })
    const before = new Set(parsers())
    await isWell(parse)
    const [pid] = parsers().filter(one => !before.has(one))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(Number(pid), signal)
    await isWell(parse)
    expect(parsers()).toContain(pid)
  })

  test('an operator who stops the daemon stops the parse', async () => {
    const { parse, parseFile, folder } = await setup({ children: 1 })
    const stop = new AbortController()
    const parsing = parseFile(await endless(await folder()), stop.signal)
    stop.abort(new Error('stopping'))
    await expect(parsing).rejects.toThrow('stopping')
    await isWell(parse)
  })

  test('a mail that waits for its turn can be called off, the one behind it gets the turn', async () => {
    const { parse, parseFile, folder } = await setup({ children: 1, deadline: 700 })
    const first = parseFile(await endless(await folder())).catch((error: unknown) => error)
    const stop = new AbortController()
    const second = parseFile(await endless(await folder()), stop.signal)
    const third = parse(plain('third'))
    stop.abort(new Error('called off'))
    await expect(second).rejects.toThrow('called off')
    expect(await first).toMatchObject({ status: '5.3.5' })
    expect((await third).text.whole).toBe('third')
  })

  test('children are reused, never more than allowed, and gone at the end', async () => {
    const before = new Set(parsers())
    const own = () => parsers().filter(pid => !before.has(pid))
    const { parse, parser } = await setup({ children: 2 })
    await Promise.all(Array.from({ length: 8 }, (_, at) => parse(plain(String(at)))))
    const used = own()
    expect(used.length).toBeLessThanOrEqual(2)
    await parse(plain('again'))
    expect(own().every(pid => used.includes(pid))).toBe(true)
    await parser[Symbol.asyncDispose]()
    expect(own()).toEqual([])
  })

  test('a child that was started before its mail was there is the one that parses it', async () => {
    const before = new Set(parsers())
    const own = () => parsers().filter(pid => !before.has(pid))
    const { parse, parser } = await setup({ children: 2 })
    parser.expect()
    parser.expect()
    const expected = own()
    expect(expected).toHaveLength(1)
    await isWell(parse)
    parser.expect()
    expect(own()).toEqual(expected)
  })

  test('a line that had to wait for the first child to come up gives it its time before there is a second', async () => {
    const before = new Set(parsers())
    const own = () => parsers().filter(pid => !before.has(pid))
    const { parser, folder } = await setup({ children: 2 })
    const [slow, small] = [await endless(await folder()), join(await folder(), 'raw.eml')]
    await writeFile(small, plain('small'))
    const [here, there] = [await folder(), await folder()]
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const isUp = Promise.withResolvers<void>()
    const begin = async () => {
      isUp.resolve()
      return { [Symbol.asyncDispose]: async () => undefined }
    }
    const first = parser
      .parse({ raw: slow, folder: here, sender: undefined }, stop.signal, begin)
      .catch((error: unknown) => error)
    const second = parser.parse({ raw: small, folder: there, sender: undefined }, stop.signal)
    vi.advanceTimersByTime(200)
    await isUp.promise
    await vi.advanceTimersByTimeAsync(200)
    expect(own()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(100)
    expect(own()).toHaveLength(2)
    expect((await second).text.whole).toBe('small')
    stop.abort(new Error('over'))
    expect(await first).toBe(stop.signal.reason)
  })

  test('a child that dies while it is idle costs no mail', async () => {
    const before = new Set(parsers())
    const own = () => parsers().filter(pid => !before.has(pid))
    const { parse } = await setup({ children: 1 })
    await isWell(parse)
    const [idle] = own()
    process.kill(Number(idle), 'SIGKILL')
    while (own().includes(idle ?? '')) await pause(5)
    await pause(100)
    await isWell(parse)
  })

  test('a child that dies before it has taken its mail does not speak against the mail', async () => {
    const before = new Set(parsers())
    const { parse, parser, folder } = await setup({ children: 1 })
    await isWell(parse)
    const pid = Number(parsers().find(one => !before.has(one)))
    const raw = join(await folder(), 'raw.eml')
    await writeFile(raw, plain('next'))
    // Asked right before the mail is sent to the child that has it stopped: it lies in the pipe and nobody reads it.
    const begin = async () => {
      process.kill(pid, 'SIGSTOP')
      setImmediate(() => process.kill(pid, 'SIGKILL'))
      return { [Symbol.asyncDispose]: async () => undefined }
    }
    const parsing = parser.parse({ raw, folder: await folder(), sender: undefined }, NEVER, begin)
    await expect(parsing).rejects.toMatchObject({ status: '4.3.0', scope: 'mail' })
    await isWell(parse)
  })

  test('a child sees nothing of the environment', async () => {
    const before = new Set(parsers())
    const { parse } = await setup({ children: 1 })
    await isWell(parse)
    const [pid] = parsers().filter(one => !before.has(one))
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('PATH=')
  })

  test('a full disk is no fault of the mail', async () => {
    const { parser, folder } = await setup()
    const [raw, target] = [join(await folder(), 'raw.eml'), await folder()]
    await writeFile(raw, multipart('mixed', plain('text'), file('a.pdf', Buffer.alloc(100_000))))
    for (const name of ['1', '2', '3']) await symlink('/dev/full', join(target, name))
    const parsing = parser.parse({ raw, folder: target, sender: undefined }, NEVER)
    await expect(parsing).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
  })

  test('a large attachment passes through without filling the memory', async () => {
    const before = new Set(parsers())
    const { parseFile, folder } = await setup({ children: 1, memory: 600 * 2 ** 20 })
    const raw = join(await folder(), 'raw.eml')
    const [head, tail] = multipart('mixed', plain('text'), file('large.bin', 'X')).split('WA==')
    const block = `${'QUJD'.repeat(19)}\r\n`.repeat(27_594)
    const sink = await open(raw, 'w')
    await sink.writeFile(head ?? '')
    for (let at = 0; at < 190; at++) await sink.writeFile(block)
    await sink.writeFile(`QUJD${tail ?? ''}`)
    await sink.close()
    const mail = await parseFile(raw)
    expect(outline(mail)).toEqual(['1 body', '2 file large.bin'])
    expect(mail.parts[1]?.size).toBe(190 * 27_594 * 57 + 3)
    const [pid] = parsers().filter(one => !before.has(one))
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    expect(peak).toBeLessThan(250)
    await rm(raw)
  })
})

test('a mail that is not there is a fault of ours', async () => {
  const { parseFile } = await setup()
  await expect(parseFile('/no/such/mail.eml')).rejects.toMatchObject({ status: '4.3.0' })
})
