/** From a FETCH answer to what sight needs: header octets, size, flags, outline. */
import type { FetchMessageObject, FetchQueryObject, ImapFlow, MessageStructureObject } from 'imapflow'
import type { Sighting } from '../gateway/ports.ts'
import type { OutlinePart } from '../mail/envelope.ts'
import { Fault } from '../mail/fault.ts'
import { LONGEST_HEADER } from '../mail/header.ts'
import { isShown } from './download.ts'

/** One FETCH holds so many headers at most. */
const BATCH = 50

/** PEEK everywhere: \Seen belongs to people. */
const QUERY: FetchQueryObject = {
  uid: true,
  size: true,
  internalDate: true,
  bodyParts: [{ key: 'HEADER', start: 0, maxLength: LONGEST_HEADER }],
}

/** For servers that cannot give a piece of it: the whole header block (imapflow refuses what is beyond its own limit). */
const WHOLE_HEADER: FetchQueryObject = { uid: true, headers: true }

/**
 * In the order of `uids`, which ascend; those of which nothing is shown are left out: mostly they have vanished. Fault 4.2.0 scope `mailbox` for one
 * that is shown and not handed out.
 */
export async function sightingsOf(
  client: ImapFlow,
  uids: readonly number[],
  outline = true,
): Promise<readonly Sighting[]> {
  const found: Sighting[] = []
  for (let at = 0; at < uids.length; at += BATCH) {
    const batch = uids.slice(at, at + BATCH)
    const seen = await look(client, batch, outline)
    const answered = new Set(seen.map(({ uid }) => uid))
    const unanswered = batch.filter(uid => !answered.has(uid))
    found.push(...seen, ...(await askAgain(client, unanswered)))
  }
  return found.toSorted((a, b) => a.uid - b.uid)
}

/** On a connection that is made anew where the last one broke. */
export type Ask = (uids: readonly number[], outline: boolean) => Promise<readonly Sighting[]>

/** Connections that may break in one sight: two mails among fifty are found by then; and before any mail was shown: one that comes first. */
const MOST_BREAKS = 16
const MOST_AT_FIRST = 8

/**
 * A server that breaks off at one mail must not hide the others for ever. The one is found by halves, asked for without outline and flags, and left
 * out where that breaks, too. Throws as `ask` does where no mail is shown at all.
 */
export async function despiteBreaks(uids: readonly number[], ask: Ask): Promise<readonly Sighting[]> {
  const breaks: Breaks = { count: 0, shown: false, last: undefined }
  const found = await byHalves(uids, ask, breaks)
  if (breaks.last !== undefined && !breaks.shown) throw breaks.last
  return found
}

type Breaks = { count: number; shown: boolean; last: unknown }

async function byHalves(uids: readonly number[], ask: Ask, breaks: Breaks): Promise<readonly Sighting[]> {
  const found = await unlessBroken(ask(uids, true), breaks)
  if (found !== undefined) return found
  if (uids.length < 2) return (await unlessBroken(ask(uids, false), breaks)) ?? []
  const half = Math.ceil(uids.length / 2)
  const before = await byHalves(uids.slice(0, half), ask, breaks)
  return [...before, ...(await byHalves(uids.slice(half), ask, breaks))]
}

/** Undefined when the server ended the connection; silence is not its answer to a mail. */
async function unlessBroken(
  answer: Promise<readonly Sighting[]>,
  breaks: Breaks,
): Promise<readonly Sighting[] | undefined> {
  try {
    const found = await answer
    breaks.shown ||= found.length > 0
    return found
  } catch (error) {
    const isEnd =
      error instanceof Fault && error.status === '4.4.2' && /^(?!ETIMEOUT\b)./.test(String(error.cause ?? ''))
    breaks.count += 1
    breaks.last = error
    if (!isEnd || breaks.count > (breaks.shown ? MOST_BREAKS : MOST_AT_FIRST)) throw error
    return undefined
  }
}

/**
 * No answer for a mail need not mean that it has vanished: the library passes over a response that it cannot parse (a broken BODYSTRUCTURE, a keyword
 * that is no atom), and the cursor would pass over the mail. So it is asked for alone, without outline and flags.
 */
async function askAgain(client: ImapFlow, uids: readonly number[]): Promise<readonly Sighting[]> {
  const found: Sighting[] = []
  for (const uid of uids) {
    // One that the server names and does not show is passed over, for now: it must not keep all others back, and is looked for once a day.
    if (!(await isShown(client, uid))) continue
    const [sighting] = await look(client, [uid], false)
    if (sighting !== undefined) found.push(sighting)
    else if (await isShown(client, uid)) throw notHandedOut('mail', uid)
  }
  return found
}

/** A server that chokes on one mail must not hide the others: asked again one by one, the last time without outline and flags. */
async function look(client: ImapFlow, uids: readonly number[], outline = true): Promise<readonly Sighting[]> {
  try {
    return await ask(client, uids, outline ? { ...QUERY, flags: true, bodyStructure: true } : QUERY)
  } catch (error) {
    if (!client.usable || !isRefusal(error)) throw error
    if (uids.length === 1 && outline) return look(client, uids, false)
    if (uids.length === 1) throw error
    const found: Sighting[] = []
    for (const uid of uids) found.push(...(await look(client, [uid])))
    return found
  }
}

const isRefusal = (error: unknown): boolean => error instanceof Error && 'responseStatus' in error

async function ask(client: ImapFlow, uids: readonly number[], query: FetchQueryObject): Promise<readonly Sighting[]> {
  const answers = await client.fetchAll(uids.join(','), query, { uid: true })
  // Between them come unasked-for FETCH responses about flags alone (RFC 9051 §7.5.2), without a header.
  const whole = new Map(answers.filter(({ size }) => size !== undefined).map(answer => [answer.uid, answer]))
  const found: Sighting[] = []
  for (const uid of uids) {
    const answer = whole.get(uid)
    if (answer === undefined) continue
    const sighting = sightingOf(answer)
    found.push(sighting.header.length === 0 ? { ...sighting, header: await wholeHeader(client, uid) } : sighting)
  }
  return found
}

/**
 * Even an empty header block ends with a line: no octet at all is a server that does not understand partial FETCH. Taken for an empty
 * header it would be a mail without a ticket number.
 */
async function wholeHeader(client: ImapFlow, uid: number): Promise<Buffer> {
  const answers = await client.fetchAll(String(uid), WHOLE_HEADER, { uid: true })
  const answer = answers.find(one => one.uid === uid && one.headers !== undefined)
  const header = answer?.headers?.subarray(0, LONGEST_HEADER) ?? Buffer.alloc(0)
  if (header.length === 0) throw notHandedOut('header', uid)
  return header
}

const notHandedOut = (what: string, uid: number): Fault =>
  new Fault('4.2.0', `the server gives no ${what} for UID ${uid}`, { scope: 'mailbox' })

function sightingOf({
  uid,
  size,
  headers,
  bodyParts,
  internalDate,
  flags,
  bodyStructure,
}: FetchMessageObject): Sighting {
  if (size === undefined || size < 0) throw notHandedOut('size', uid)
  const header = headers ?? bodyParts?.get('header') ?? Buffer.alloc(0)
  return {
    uid,
    header: header.length > LONGEST_HEADER ? header.subarray(0, LONGEST_HEADER) : header,
    size,
    arrivedAt: dateOf(internalDate),
    seen: flags?.has('\\Seen') ?? false,
    outline: bodyStructure === undefined ? undefined : [...leaves(bodyStructure)],
  }
}

/** imapflow hands a date that it cannot read back as the server's words; the epoch sorts first and is plainly wrong. */
function dateOf(internalDate: Date | string | undefined): Date {
  const date = new Date(internalDate ?? 0)
  return Number.isNaN(date.getTime()) ? new Date(0) : date
}

/** A forwarded mail is a leaf: its own parts are its own affair. */
function* leaves(node: MessageStructureObject): Generator<OutlinePart> {
  const isMail = node.type.toLowerCase() === 'message/rfc822'
  if (!isMail && node.childNodes !== undefined) {
    for (const child of node.childNodes) yield* leaves(child)
    return
  }
  const disposition = node.disposition?.toLowerCase()
  yield {
    // The only part of a mail that is not multipart has no number, and is asked for as 1 (RFC 9051 §6.4.5.1).
    part: node.part ?? '1',
    type: node.type.toLowerCase(),
    name: node.dispositionParameters?.['filename'] || node.parameters?.['name'] || undefined,
    disposition: disposition === 'attachment' || disposition === 'inline' ? disposition : undefined,
    encodedSize: node.size ?? 0,
  }
}
