import { createHash, randomBytes } from 'node:crypto'
import { appendFile, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Encoding } from '../../src/desk/upload.ts'
import { certificate } from '../support/certificate.ts'
import { adapter, faultOf, openFilesIn, setup, TICKET } from './setup.ts'

const ENCODINGS: readonly Encoding[] = ['multipart', 'json']

describe.each(ENCODINGS)('in %s', encoding => {
  test.each([
    ['an empty file', 0],
    ['one octet', 1],
    ['two octets', 2],
    ['a small file of whole triplets', 48 * 1024],
    ['a small file and an octet', 48 * 1024 + 1],
    ['a file that is just small', 128 * 1024],
    ['a file of an octet more', 128 * 1024 + 1],
    ['a file of just one block', 384 * 1024],
    ['a file of one block and an octet', 384 * 1024 + 1],
    ['a file of just two blocks', 768 * 1024],
    ['three megabytes', 3_000_001],
  ])('%s reaches the desk octet for octet', async (_title, size) => {
    const { desk, attach, folder } = await setup({ encoding })
    const bytes = randomBytes(size)
    await attach(bytes)
    expect(desk.received).toHaveLength(1)
    expect(desk.received[0]?.bytes.equals(bytes)).toBe(true)
    expect(desk.received[0]).toMatchObject({ ticket: TICKET, encoding, description: 'Please see the file.' })
    expect(desk.documents(TICKET).map(({ name }) => name)).toEqual(['a.bin'])
    expect(await openFilesIn(folder)).toEqual([])
  })

  test('a file that looks like the framing around it is not mistaken for it', async () => {
    const { desk, attach } = await setup({ encoding })
    const bytes = Buffer.from('\r\n----------------------------0123\r\n\r\n"}]}\r\n--\r\n')
    await attach(bytes)
    expect(desk.received[0]?.bytes.equals(bytes)).toBe(true)
  })

  test.each([
    'Übersicht für März – Kopie.pdf',
    'photo 📷 of the 打印机.jpg',
    "it's, a; name=x (1) [2] {3} 100%.txt",
    'back\\slash.txt',
    'lone \uD83D surrogate.txt',
  ])('a file named %j keeps its name', async name => {
    const { desk, attach } = await setup({ encoding })
    await attach(Buffer.from('x'), { name })
    expect(desk.received[0]?.name).toBe(name.toWellFormed())
  })

  test('a mail without text sends no description', async () => {
    const { desk, attach } = await setup({ encoding })
    await attach(Buffer.from('x'), {}, '')
    expect(desk.received[0]?.description).toBeUndefined()
  })

  test('a text of many lines, quotes and emoji arrives as it is', async () => {
    const { desk, attach } = await setup({ encoding })
    const text = `Hello "desk",\r\n\tit’s broken 💥 \\ again\n--x--\n${'é'.repeat(4000)}`
    await attach(Buffer.from('x'), {}, text)
    expect(desk.received[0]?.description).toBe(text)
  })

  test('the length is announced to the octet', async () => {
    const { desk, attach } = await setup({ encoding })
    await attach(randomBytes(100_000), { name: 'é📷.bin' }, 'ü')
    expect(desk.received[0]?.headers['transfer-encoding']).toBeUndefined()
    expect(Number(desk.received[0]?.contentLength)).toBeGreaterThan(100_000)
  })

  test.each([
    ['longer', 'no', (file: string) => appendFile(file, 'x')],
    ['shorter', 'no', (file: string) => writeFile(file, 'x')],
    ['gone', 'no', (file: string) => rm(file)],
    ['another of the same length', 'maybe', (file: string) => writeFile(file, Buffer.alloc(300_000))],
  ])('a spooled file that is %s now is never taken for delivered', async (_title, applied, change) => {
    const { desk, easyVista, spooled, signal, folder } = await setup({ encoding })
    const { file, attachment } = await spooled(randomBytes(300_000))
    await change(file)
    const fault = await faultOf(easyVista.attach(TICKET, attachment, file, '', signal))
    expect(fault).toMatchObject({ status: '4.3.0', scope: 'mail', applied })
    expect(desk.received).toEqual([])
    expect(desk.documents(TICKET)).toEqual([])
    expect(await openFilesIn(folder)).toEqual([])
  })

  test.each([
    ['longer', (file: string) => appendFile(file, 'x')],
    ['shorter', (file: string) => writeFile(file, 'x')],
    ['gone', (file: string) => rm(file)],
    ['another of the same length', (file: string) => writeFile(file, Buffer.alloc(3_000))],
  ])('of a small file that is %s now not an octet leaves us', async (_title, change) => {
    const { desk, easyVista, spooled, signal, folder } = await setup({ encoding })
    const { file, attachment } = await spooled(randomBytes(3_000))
    await change(file)
    const fault = await faultOf(easyVista.attach(TICKET, attachment, file, '', signal))
    expect(fault).toMatchObject({ status: '4.3.0', scope: 'mail', applied: 'no' })
    expect(desk.requests).toEqual([])
    expect(await openFilesIn(folder)).toEqual([])
  })

  test('200 MB go through without being held in memory', async () => {
    const { desk, easyVista, signal, folder } = await setup({ encoding })
    desk.will('swallow')
    const file = join(folder, 'sparse')
    const size = 200_000_000
    const handle = await open(file, 'w')
    await handle.truncate(size)
    await handle.close()
    const sha256 = zeros(size)
    const before = process.memoryUsage().rss
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss)
    }, 20)
    const attachment = { part: '2', name: 'big.bin', originalName: undefined, type: 'image/png', size, sha256 }
    await easyVista.attach(TICKET, attachment, file, '', signal)
    clearInterval(watch)
    expect(most - before).toBeLessThan(100_000_000)
  })
})

test.each([
  ['a quote', 'a"; filename="b.exe', 'a%22; filename=%22b.exe'],
  ['a line break', 'a\r\nX-Evil: 1\r\n\r\n<b>', 'a__X-Evil: 1____<b>'],
  ['a path', '../../etc/passwd', 'passwd'],
  ['nothing but slashes', '//', 'attachment'],
  ['no name', '', 'attachment'],
])('%s in a file name stays inside its header line', async (_title, name, arrives) => {
  const { desk, attach } = await setup()
  await attach(Buffer.from('x'), { name })
  const [received] = desk.received
  expect(received?.rawPartHeader.split('\r\n')).toEqual([
    expect.stringMatching(/^Content-Disposition: form-data; name="documents"; filename="[^"]*"$/),
    'Content-Type: application/pdf',
  ])
  expect(received?.name).toBe(arrives)
  expect(received?.bytes.toString()).toBe('x')
})

test.each([
  ['text/plain', 'text/plain'],
  ['application/vnd.ms-excel.sheet.macroEnabled.12', 'application/vnd.ms-excel.sheet.macroEnabled.12'],
  ['text/html\r\nX-Evil: 1', 'application/octet-stream'],
  ['text/plain; charset=utf-8', 'application/octet-stream'],
  ['textplain', 'application/octet-stream'],
  ['', 'application/octet-stream'],
  ['tëxt/plain', 'application/octet-stream'],
])('a file declared as %j is sent as %s', async (type, sent) => {
  const { desk, attach } = await setup()
  await attach(Buffer.from('x'), { type })
  expect(desk.received[0]?.type).toBe(sent)
  expect(desk.received[0]?.rawPartHeader.split('\r\n')).toHaveLength(2)
})

test('a token is sent as Bearer, and wins', async () => {
  const { attach } = await setup({ token: 'abc.def' }, { token: 'abc.def' })
  await expect(attach(Buffer.from('x'))).resolves.toBeUndefined()
})

test('a slash after the address of the desk does not matter, and a path before the API is kept', async () => {
  const { desk, spooled, signal } = await setup()
  const easyVista = adapter({ url: `${desk.url}//`, user: desk.user, password: desk.password })
  const { file, attachment } = await spooled(Buffer.from('x'))
  await easyVista.attach(TICKET, attachment, file, '', signal)
  expect(desk.requests.map(({ path }) => path)).toEqual([`/api/v1/50004/requests/${TICKET}/documents`])
  expect(easyVista.site).toBe(desk.url)
  expect(adapter({ url: 'https://u:p@desk.example/itsm/api/v1/50004/' }).site).toBe(
    'https://desk.example/itsm/api/v1/50004',
  )
})

test('a desk with a certificate of its own authority is trusted when that authority is given', async () => {
  const tls = await certificate()
  const { attach, desk } = await setup({ tls: { ca: tls.cert, minVersion: 'TLSv1.2', servername: null } }, { tls })
  await attach(Buffer.from('x'))
  expect(desk.documents(TICKET)).toHaveLength(1)
})

test('more uploads than the desk may have at once wait their turn, and their deadlines wait with them', async () => {
  const { desk, attach } = await setup({ concurrency: 1, maxUpload: 750 })
  const slow = { status: 201, delay: 300 }
  desk.will(slow, slow, slow, slow, slow, slow)
  await Promise.all([1, 2, 3, 4, 5, 6].map(number => attach(Buffer.from(`file ${number}`))))
  expect(desk.documents(TICKET)).toHaveLength(6)
  expect(desk.connections).toBeLessThanOrEqual(6)
})

function zeros(size: number): string {
  const hash = createHash('sha256')
  const block = Buffer.alloc(1_000_000)
  for (let done = 0; done < size; done += block.length) hash.update(block)
  return hash.digest('hex')
}
