/** Documents of a ticket: upload, list, download, delete. */
import { type Answer, forbidden, json, notFound, nothing, refused, tooLarge } from './answers.ts'
import { type Call, type Deed, type Desk, type Handler, href, say, ticketOf } from './call.ts'
import type { Switches } from './switches.ts'
import type { StoredDocument, Ticket } from './tickets.ts'
import { dropFiles, type Refusal, readUpload, type SentFile, type Upload } from './upload.ts'

/** `POST /requests/:rfc/documents`. Not idempotent, and without any check for duplicates, like the real one. */
export const upload: Handler = async (call, desk) => {
  const switches = desk.switches()
  const sent = await readUpload(call.request, desk.vault, switches)
  if ('refused' in sent) return say(refusal(sent, switches))
  const { encoding, description, files } = sent
  const unstored = files.map(({ name, kept: { size, sha256 } }) => ({ name, size, sha256 }))
  call.note({ encoding, description, unstored })
  const no = objection(call, desk)
  if (no === undefined) return storing(call, desk, sent)
  await dropFiles(files)
  return say(no)
}

function refusal(sent: Refusal, switches: Switches): Answer {
  if (sent.refused === 'too-large') return tooLarge(switches)
  if (sent.refused === 'malformed') return refused(switches, sent.why)
  const { wrongEncoding } = switches
  return wrongEncoding === 590
    ? refused(switches, 'Unsupported content')
    : json(wrongEncoding, { error: wrongEncoding === 415 ? 'Unsupported Media Type' : 'Bad Request' })
}

function objection(call: Call, desk: Desk): Answer | undefined {
  const switches = desk.switches()
  const ticket = ticketOf(call, desk)
  if (ticket === undefined) return notFound(switches)
  if (ticket.endedAt === undefined || switches.closed === 201) return undefined
  return switches.closed === 403 ? forbidden() : refused(switches, 'Any further modification is impossible')
}

function storing(call: Call, desk: Desk, { description, files }: Upload): Deed {
  const ticket = ticketOf(call, desk)
  const { several } = desk.switches()
  const most = several === 'first' ? 1 : several === 'partial' && files.length > 1 ? files.length - 1 : files.length
  const done = json(201, { HREF: ticket === undefined ? '' : href(call, ticket) })
  return {
    promise: done,
    drop: () => dropFiles(files),
    apply: () => {
      const stored = files.slice(0, most).map(file => store(call, desk, file, description))
      const documents = stored.map(({ id, name, kept: { size, sha256 } }) => ({ id, name, size, sha256 }))
      const unstored = files.slice(most).map(({ name, kept: { size, sha256 } }) => ({ name, size, sha256 }))
      call.note({ documents, unstored, storedAt: desk.now().toISOString() })
      return several === 'partial' && most < files.length ? refused(desk.switches(), 'Internal error') : done
    },
  }
}

function store(call: Call, desk: Desk, { name, kept }: SentFile, description: string | undefined): StoredDocument {
  const document = { name: renamed(name, desk.switches().names), kept, description }
  return desk.tickets.attach(call.parameters['rfc'] ?? '', document)
}

function renamed(name: string, how: Switches['names']): string {
  if (how === 'nfc') return name.normalize('NFC')
  if (how === 'nfd') return name.normalize('NFD')
  return how === 'bar' ? (name.split('|')[0] ?? name) : name
}

/** `GET /requests/:rfc/documents`: no size, no date, no description. */
export const list: Handler = (call, desk) => ({
  apply: () => {
    const ticket = ticketOf(call, desk)
    const switches = desk.switches()
    if (ticket === undefined) return notFound(switches)
    const own = href(call, ticket)
    const listed = ticket.documents.map(document => row(call, desk, own, document))
    const body = { PARENT_HREF: own, HREF: `${own}/documents`, Documents: listed }
    return json(200, switches.listCase === 'lower' ? lowered(body) : body)
  },
})

function row(call: Call, desk: Desk, own: string, { id, name }: StoredDocument): Readonly<Record<string, string>> {
  const { listNames, listLinks, listScheme } = desk.switches()
  const path = `${desk.account}/Documents/${id}${encodeURIComponent(`|${name}`.toWellFormed())}`
  const link = `${own}/documents/${id}`
  return {
    HREF: `${call.origin}/autoconnect_mail.php?field1=&field2=&field3=&docpath=${path}`,
    PARENT_HREF: own,
    DOCUMENT_ID: id,
    ...(listNames ? { DOCUMENT: name } : {}),
    ...(listLinks ? { DDL_HREF: listScheme === 'HTTPS' ? link.replace(/^\w+/, 'HTTPS') : link } : {}),
  }
}

function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toLowerCase(), lowered(field)]))
}

/** `GET /requests/:rfc/documents/:id` and, deprecated, `GET /documents/:id`; `?encoding=base64`. */
export const download: Handler = (call, desk) => ({
  apply: () => {
    const found = documentOf(call, desk)
    if (found === undefined) return notFound(desk.switches())
    const { name, kept } = found.document
    const base64 = call.query.get('encoding')?.toLowerCase() === 'base64'
    return {
      status: 200,
      headers: {
        'content-type': base64 ? 'text/plain' : 'application/octet-stream',
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`,
      },
      body: base64
        ? { size: Math.ceil(kept.size / 3) * 4, open: () => inBase64(kept.open()) }
        : { size: kept.size, open: () => kept.open() },
    }
  },
})

async function* inBase64(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of source) {
    const all = Buffer.concat([rest, chunk])
    const whole = all.length - (all.length % 3)
    rest = all.subarray(whole)
    yield Buffer.from(all.toString('base64', 0, whole))
  }
  yield Buffer.from(rest.toString('base64'))
}

/** `DELETE /requests/:rfc/documents/:id` and, deprecated, `DELETE /documents/:id`. */
export const remove: Handler = (call, desk) => ({
  apply: async () => {
    const found = documentOf(call, desk)
    if (found === undefined) return notFound(desk.switches())
    const { ticket, document } = found
    desk.tickets.put({ ...ticket, documents: ticket.documents.filter(one => one !== document) })
    await document.kept.remove()
    return nothing(204)
  },
})

const documentOf = (
  call: Call,
  desk: Desk,
): { readonly ticket: Ticket; readonly document: StoredDocument } | undefined =>
  desk.tickets.document(call.parameters['id'] ?? '', call.parameters['rfc'])
