/** The same adapter on the IMAP server that the demo embeds. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo, Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { letter, mailboxAt, Sink, signal } from './setup.ts'

type Embedded = {
  readonly server: Server
  listen(port: number): void
  close(done: () => void): void
  appendMessage(folder: string, flags: readonly string[], date: Date, raw: string): void
}

const PLUGINS = 'ID IDLE UIDPLUS CONDSTORE SPECIAL-USE NAMESPACE ENABLE MOVE LITERALPLUS UNSELECT'.split(' ')

test('an embedded server is read, fetched from and filed on like any other', async () => {
  // No types are published for it.
  const hoodiecrow = createRequire(import.meta.url)('hoodiecrow-imap') as (options: object) => Embedded
  const server = hoodiecrow({
    plugins: PLUGINS,
    users: { support: { password: 'correct-horse' } },
    storage: { INBOX: {} },
  })
  server.listen(0)
  if (!server.server.listening) await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mailbox = mailboxAt({ port })
  onTestFinished(() => new Promise<void>(done => server.close(done)))
  onTestFinished(() => mailbox[Symbol.asyncDispose]())
  const place = await mailbox.refresh(signal)
  await mailbox.ensureFolders(['Mailclip/Delivered'], signal)
  const news = mailbox.waitForNews(AbortSignal.timeout(20_000))
  server.appendMessage('INBOX', [], new Date(), letter('one', 200_000))
  await news
  await mailbox.refresh(signal)
  const uids = await mailbox.uids(0, signal)
  const [one] = await mailbox.sight(uids, signal)
  expect(one?.header.toString()).toBe(`${letter('one', 200_000).split('\r\n\r\n')[0]}\r\n\r\n`)
  expect(one?.outline?.map(({ part, name }) => [part, name])).toEqual([
    ['1', undefined],
    ['2', 'scan.pdf'],
  ])
  const ref = { mailbox: 'support', ...place, uid: uids[0] ?? 0 }
  const sink = new Sink()
  await mailbox.fetch(ref, sink, signal)
  expect(sink.octets.toString()).toBe(letter('one', 200_000))
  const filing = { folder: 'Mailclip/Delivered', flag: '\\Flagged' }
  expect(await mailbox.file(ref, filing, signal)).toMatchObject({ folder: 'Mailclip/Delivered', uid: 1 })
  expect(await mailbox.file(ref, filing, signal)).toBe('gone')
  expect(await mailbox.fetch(ref, new Sink(), signal)).toBe('gone')
})
