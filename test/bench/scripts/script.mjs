/** The script an administrator would write in an afternoon: mail after mail, all of it in memory, one POST a mail. IMAP_PORT USER PASSWORD DESK_URL */
import FormData from 'form-data'
import { ImapFlow } from 'imapflow'
import { simpleParser } from 'mailparser'
import { request } from 'undici'

const [port, user, pass, desk] = process.argv.slice(2)
const client = new ImapFlow({
  host: '127.0.0.1',
  port: Number(port),
  secure: false,
  auth: { user, pass },
  logger: false,
})
await client.connect()
for (const folder of ['Done', 'Failed']) await client.mailboxCreate(folder)
const lock = await client.getMailboxLock('INBOX')
for (const uid of await client.search({ all: true }, { uid: true })) {
  const { source } = await client.fetchOne(String(uid), { source: true }, { uid: true })
  const mail = await simpleParser(source)
  const ticket = /[A-Z]\d{6}_\d{6}/.exec(mail.subject ?? '')?.[0]
  let done = false
  if (ticket !== undefined && mail.attachments.length > 0) {
    const form = new FormData()
    form.append('description', mail.text ?? '')
    for (const { content, filename } of mail.attachments) form.append('documents', content, { filename })
    const { statusCode, body } = await request(`${desk}/requests/${ticket}/documents`, {
      method: 'POST',
      headers: form.getHeaders(),
      body: form,
    })
    await body.dump()
    done = statusCode === 201
  }
  await client.messageMove(String(uid), done ? 'Done' : 'Failed', { uid: true })
}
lock.release()
await client.logout()
