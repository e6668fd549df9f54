import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Encoding } from '../../src/desk/upload.ts'
import { faultOf, openFilesIn, type Setup, setup, TICKET } from './setup.ts'

const MAYBE = { status: '4.4.2', scope: 'mail', applied: 'maybe' }
const LARGE = randomBytes(30_000_000)

describe.each<Encoding>(['multipart', 'json'])('in %s', encoding => {
  test('an upload that does not move is ended and uncertain, and its file closed', async () => {
    const { desk, attach, folder } = await setup({ encoding, stall: 300 })
    desk.will('stall')
    const began = performance.now()
    const fault = await faultOf(attach(LARGE))
    expect(fault).toMatchObject({ ...MAYBE, message: 'the upload did not move for 0.3 s' })
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(await openFilesIn(folder)).toEqual([])
  })

  test('a caller that gives up while octets flow leaves an uncertain upload', async () => {
    const { desk, attach, folder } = await setup({ encoding })
    desk.will('stall')
    const stop = new AbortController()
    const upload = faultOf(attach(LARGE, {}, '', stop.signal))
    await desk.until(() => desk.requests.length === 1)
    stop.abort(new Error('we stop'))
    expect(await upload).toMatchObject({ ...MAYBE, message: 'the upload was cut short' })
    expect(await openFilesIn(folder)).toEqual([])
  })
})

test('an upload that takes too long in all is uncertain', async () => {
  const { desk, attach } = await setup({ maxUpload: 300 })
  desk.will('stall')
  expect(await faultOf(attach(LARGE))).toMatchObject({ ...MAYBE, message: 'the request took longer than 0.3 s' })
})

test('a desk that keeps the file and never answers is asked in vain for no longer than the timeout', async () => {
  const { desk, attach } = await setup({ timeout: 300 })
  desk.will('keep and be silent')
  expect(await faultOf(attach(Buffer.from('x')))).toMatchObject({
    ...MAYBE,
    message: 'the desk gave no answer for 0.3 s',
  })
  expect(desk.documents(TICKET)).toHaveLength(1)
})

test('an answer that comes octet by octet has to be whole in time', async () => {
  const { desk, attach } = await setup({ timeout: 700 })
  desk.will('trickle')
  const began = performance.now()
  expect(await faultOf(attach(Buffer.from('x')))).toMatchObject(MAYBE)
  expect(performance.now() - began).toBeLessThan(30_000)
})

test('an answer without end is left after the first megabyte', async () => {
  const { desk, attach } = await setup()
  desk.will('endless')
  const began = performance.now()
  expect(await faultOf(attach(Buffer.from('x')))).toMatchObject(MAYBE)
  expect(performance.now() - began).toBeLessThan(30_000)
})

test('the time for the answer begins when the last octet is sent', async () => {
  const { desk, attach } = await setup({ timeout: 1500, stall: 10_000 })
  desk.will({ status: 201, hold: 2000 })
  await expect(attach(LARGE)).resolves.toBeUndefined()
})

test('a caller that gives up after the last octet leaves an uncertain upload', async () => {
  const { desk, attach } = await setup()
  desk.will('keep and be silent')
  const stop = new AbortController()
  const upload = faultOf(attach(Buffer.from('x'), {}, '', stop.signal))
  await desk.until(() => desk.received.length === 1)
  stop.abort(new Error('we stop'))
  expect(await upload).toMatchObject(MAYBE)
})

test('a caller that has given up before anything was sent gets its own reason back', async () => {
  const { desk, attach, easyVista, folder } = await setup()
  const reason = new Error('we stop')
  const signal = AbortSignal.abort(reason)
  await expect(attach(Buffer.from('x'), {}, '', signal)).rejects.toBe(reason)
  await expect(easyVista.list(TICKET, signal)).rejects.toBe(reason)
  expect(desk.requests).toEqual([])
  expect(await openFilesIn(folder)).toEqual([])
})

test('a caller that gives up while it waits for its turn sends nothing, and holds up nobody', async () => {
  const { desk, easyVista, spooled, signal } = await setup({ concurrency: 1 })
  const [first, second, third] = await Promise.all(['1', '2', '3'].map(text => spooled(Buffer.from(text))))
  if (!first || !second || !third) throw new Error('three were asked for')
  desk.will({ status: 201, delay: 300 })
  const stop = new AbortController()
  const one = easyVista.attach(TICKET, first.attachment, first.file, '', signal)
  const two = easyVista.attach(TICKET, second.attachment, second.file, '', stop.signal)
  const three = easyVista.attach(TICKET, third.attachment, third.file, '', signal)
  const reason = new Error('we stop')
  const given = expect(two).rejects.toBe(reason)
  await desk.until(() => desk.received.length === 1)
  stop.abort(reason)
  await given
  await Promise.all([one, three])
  expect(desk.received.map(({ bytes }) => bytes.toString())).toEqual(['1', '3'])
})

test('a question that is never answered ends in time, and costs nothing but that', async () => {
  const { desk, easyVista, signal } = await setup({ timeout: 1_500 })
  desk.willSay('list', 'silent')
  desk.willSay('ticket', 'silent')
  const quiet = { status: '4.4.2', scope: 'mail', applied: 'no' }
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject(quiet)
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject(quiet)
  expect(await easyVista.list(TICKET, signal)).toEqual([])
})

test('a caller that gives up a question gets its own reason back', async () => {
  const { desk, easyVista } = await setup()
  desk.willSay('list', 'silent')
  const stop = new AbortController()
  const question = easyVista.list(TICKET, stop.signal)
  await desk.until(() => desk.requests.length === 1)
  const reason = new Error('we stop')
  stop.abort(reason)
  await expect(question).rejects.toBe(reason)
})

test('a hundred failed uploads leave no file and no connection open', async () => {
  const { desk, attach, folder } = await setup({ stall: 200 })
  // What other tests of this process have not closed yet is not ours.
  const others = (await openFilesIn('socket:')).length
  desk.will(...Array.from({ length: 100 }, (_, index) => (index % 2 ? 'hang up' : 590) as 590 | 'hang up'))
  for (let index = 0; index < 100; index += 1) await faultOf(attach(Buffer.alloc(200_000)))
  await attach(Buffer.from('x'))
  expect(await openFilesIn(folder)).toEqual([])
  expect((await openFilesIn('socket:')).length - others).toBeLessThan(20)
})

test.each([
  ['a question', ({ easyVista }: Setup, over: AbortSignal) => easyVista.list(TICKET, over)],
  ['an upload', ({ attach }: Setup, over: AbortSignal) => attach(Buffer.from('x'), {}, '', over)],
])('a caller that gives up %s while a proxy keeps it waiting gets its own reason back at once', async (_what, ask) => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()]
  const tunnel = () => {
    asked.resolve()
    return answer.promise
  }
  const bundle = await setup({ tunnel })
  const stop = new AbortController()
  const asking = ask(bundle, stop.signal)
  await asked.promise
  const reason = new Error('we stop')
  stop.abort(reason)
  expect(await asking.catch((error: unknown) => error)).toBe(reason)
  answer.reject(new Error('the proxy is gone'))
  expect(bundle.desk.received).toEqual([])
})
