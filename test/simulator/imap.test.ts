import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { ImapFlow } from 'imapflow'
import { expect, onTestFinished, test } from 'vitest'
import { type ImapServerOptions, startImapServer } from '../../src/simulator/imap.ts'
import { letter, octets, sha256 } from '../support/letters.ts'

const NOW = new Date('2026-11-20T09:30:00Z')
const SAID: ImapServerOptions = { host: '127.0.0.1', port: 0, user: 'support', password: 'secret', now: () => NOW }

async function setup() {
  const imap = await startImapServer(SAID)
  onTestFinished(() => imap.close())
  const connect = async (pass = SAID.password): Promise<ImapFlow> => {
    const auth = { user: SAID.user, pass }
    const client = new ImapFlow({
      host: SAID.host,
      port: imap.port,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    })
    client.on('error', () => {})
    onTestFinished(() => client.close())
    await client.connect()
    return client
  }
  return { imap, connect }
}

test('a wrong password is refused', async () => {
  const { connect } = await setup()
  await expect(connect('wrong')).rejects.toMatchObject({ authenticationFailed: true })
})

test('a mail that arrives is found, and shows its header, size and structure', async () => {
  const { imap, connect } = await setup()
  const raw = letter({ subject: 'Écran I161026_000005', attachments: { 'bericht ä.pdf': octets(5_000) } })
  await imap.append(raw)
  const client = await connect()
  using _lock = { [Symbol.dispose]: (await client.getMailboxLock('INBOX')).release }
  expect(await client.search({ uid: '1:*' }, { uid: true })).toEqual([1])
  const [mail] = await client.fetchAll(
    '1',
    { uid: true, size: true, headers: true, bodyStructure: true },
    { uid: true },
  )
  expect(mail?.size).toBe(raw.length)
  expect(mail?.headers?.toString()).toContain('Subject: =?UTF-8?B?')
  const leaf = mail?.bodyStructure?.childNodes?.[1]
  expect([leaf?.part, leaf?.type, leaf?.disposition]).toEqual(['2', 'application/pdf', 'attachment'])
})

test('a large mail is downloaded octet by octet, in chunks of a mebibyte', async () => {
  const { imap, connect } = await setup()
  const large = letter({ attachments: { 'large.bin': octets(2_500_000) } })
  const raw = Buffer.concat([large, Buffer.from('An epilogue of eight bits: Grüße\r\n')])
  await imap.append(raw)
  const client = await connect()
  using _lock = { [Symbol.dispose]: (await client.getMailboxLock('INBOX')).release }
  const { content } = await client.download('1', undefined, { uid: true, chunkSize: 1024 * 1024 })
  expect(content && sha256(await buffer(content))).toBe(sha256(raw))
})

test('folders are made, and a mail that is moved tells its new UID', async () => {
  const { imap, connect } = await setup()
  await imap.append(letter())
  await imap.append(letter())
  const client = await connect()
  using _lock = { [Symbol.dispose]: (await client.getMailboxLock('INBOX')).release }
  await client.mailboxCreate('Mailclip/Delivered')
  await client.mailboxSubscribe('Mailclip/Delivered')
  expect(await client.messageFlagsAdd('2', ['\\Flagged'], { uid: true })).toBe(true)
  const moved = await client.messageMove('2', 'Mailclip/Delivered', { uid: true })
  expect(moved).toMatchObject({ destination: 'Mailclip/Delivered', uidMap: new Map([[2, 1]]) })
  expect(imap.folders()).toEqual(
    expect.arrayContaining([
      { path: 'INBOX', mails: 1 },
      { path: 'Mailclip/Delivered', mails: 1 },
    ]),
  )
  expect((await client.list()).map(({ path }) => path)).toContain('Mailclip/Delivered')
})

test('a connection that waits in IDLE hears of a mail that arrives', async () => {
  const { imap, connect } = await setup()
  const client = await connect()
  await client.mailboxOpen('INBOX')
  const idling = client.idle()
  const heard = once(client, 'exists')
  await imap.append(letter())
  expect(await heard).toMatchObject([{ path: 'INBOX', count: 1 }])
  await client.noop()
  await idling
})

test('a mail for a folder that is not there is refused, and a closed server cuts its connections', async () => {
  const { imap, connect } = await setup()
  await expect(imap.append(letter(), 'Nowhere')).rejects.toThrow('no folder Nowhere')
  const client = await connect()
  const cut = once(client, 'close')
  await imap.close()
  await cut
})
