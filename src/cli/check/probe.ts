/** `check --probe TICKET`: which of the two encodings does this desk really keep? Uploads, lists, downloads, compares. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { MailboxSettings } from '../../config/schema.ts'
import { EasyVista } from '../../desk/desk.ts'
import type { Clock } from '../../gateway/ports.ts'
import type { Attachment } from '../../mail/dispatch.ts'
import { isFault } from '../../mail/fault.ts'
import type { TicketNumber } from '../../mail/subject.ts'
import { EXIT } from '../exit.ts'
import { deskWay } from '../sign-in.ts'
import type { Report } from './finding.ts'

const ENCODINGS = ['multipart', 'json'] as const
type Encoding = (typeof ENCODINGS)[number]

/** `kept`: the same octets came back; `listed`: it is there, but its octets may not be read; `taken`: the desk said 201, and may not be asked more. */
type Tried = { readonly end: 'kept' | 'listed' | 'taken' | 'altered' | 'lost' | 'refused'; readonly detail: string }

/** A desk may need a moment to list what it has taken. */
const LOOKS = 4
const BETWEEN = 1_000

/** Leaves one small document for each encoding that the desk takes: nothing of ours deletes documents. */
export async function probe(box: MailboxSettings, ticket: TicketNumber, to: Report, clock: Clock): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-probe-'))
  try {
    const tried = new Map<Encoding, Tried>()
    for (const encoding of ENCODINGS) {
      const one = await tryOne(encoding, { box, ticket, folder, clock })
      tried.set(encoding, one)
      const sound = one.end === 'kept' || one.end === 'listed' || one.end === 'taken'
      if (sound) to.ok(`probe ${encoding}`, one.detail)
      else to.warn(`probe ${encoding}`, one.detail, `do not set desk.encoding: ${encoding}`)
    }
    conclude(tried, box.desk.encoding, ticket, to)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Trial = {
  readonly box: MailboxSettings
  readonly ticket: TicketNumber
  readonly folder: string
  readonly clock: Clock
}

async function tryOne(encoding: Encoding, { box, ticket, folder, clock }: Trial): Promise<Tried> {
  const options = { ...box.desk, ...deskWay(box.desk), encoding, closedStatuses: box.ticket.closedStatuses }
  await using desk = new EasyVista(options, clock)
  const signal = new AbortController().signal
  const { attachment, file } = await sample(encoding, folder, clock)
  try {
    const before = await desk.list(ticket, signal)
    await desk.attach(ticket, attachment, file, 'A test by mailclip check --probe; it may be deleted.', signal)
    if (before === 'denied') return { end: 'taken', detail: 'taken (201); it cannot be compared, listing is denied' }
    return await compare(desk, ticket, new Set(before.map(({ id }) => id)), attachment, signal)
  } catch (error) {
    if (!isFault(error)) throw error
    const more = error.applied === 'maybe' ? ', and may be there all the same' : ''
    return { end: 'refused', detail: `not taken${more}: ${error.message}` }
  }
}

async function compare(
  desk: EasyVista,
  ticket: TicketNumber,
  before: ReadonlySet<string>,
  attachment: Attachment,
  signal: AbortSignal,
): Promise<Tried> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0) await pause(BETWEEN)
    const listed = await desk.list(ticket, signal)
    const fresh = listed === 'denied' ? [] : listed.filter(({ id }) => !before.has(id))
    if (fresh.length === 0) continue
    const hashes = await Promise.all(fresh.map(({ id }) => desk.hash(ticket, id, 10 * attachment.size, signal)))
    if (hashes.includes(attachment.sha256)) return { end: 'kept', detail: 'kept byte for byte (SHA-256 compared)' }
    if (hashes.includes('denied'))
      return { end: 'listed', detail: 'taken and listed; downloading it to compare is denied' }
    return { end: 'altered', detail: 'taken, but what comes back is not what was sent' }
  }
  return { end: 'lost', detail: 'answered with 201, but the ticket does not list it' }
}

/** Every value of an octet, so that a desk that takes it for text is found out; a name of ours with an accent. */
async function sample(encoding: Encoding, folder: string, clock: Clock) {
  const time = clock.now().toISOString()
  const content = Buffer.concat([
    Buffer.from(`mailclip check --probe, ${encoding}, ${time}\r\n`),
    Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)),
  ])
  const file = join(folder, encoding)
  await writeFile(file, content, { mode: 0o600 })
  const sha256 = createHash('sha256').update(content).digest('hex')
  const name = `mailclip-check-${encoding}-é.txt`
  const attachment: Attachment = {
    part: '1',
    name,
    originalName: name,
    type: 'text/plain',
    size: content.length,
    sha256,
  }
  return { attachment, file }
}

function conclude(tried: ReadonlyMap<Encoding, Tried>, set: Encoding, ticket: TicketNumber, to: Report): void {
  const taken = [...tried].filter(([, { end }]) => end !== 'refused' && end !== 'lost').length
  const best = (['kept', 'listed', 'taken'] as const).flatMap(end =>
    [...tried].filter(([, one]) => one.end === end).map(([encoding]) => ({ encoding, end })),
  )
  const ours = best.find(({ encoding }) => encoding === set)
  const [first] = best
  if (first === undefined)
    to.fail(
      'encoding',
      'the desk keeps a file in neither encoding',
      `allow POST /requests/{rfc_number}/documents in the profile of this EasyVista user, and see whether ${ticket} is open`,
      EXIT.suspended,
    )
  else if (ours === undefined || ours.end !== first.end)
    to.fail('encoding', `desk.encoding is ${set}`, `set desk.encoding: ${first.encoding}`, EXIT.configuration)
  else to.ok('encoding', `desk.encoding: ${set} is right${best.length === 2 ? '; the other one works too' : ''}`)
  if (taken > 0)
    to.warn(
      'leftovers',
      `${taken} small documents (mailclip-check-…) are on ${ticket} now`,
      `have a person delete them from ${ticket}`,
    )
}
