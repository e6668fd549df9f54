/** The desk: does it know us, what may this profile do, and how sure can we be of an upload whose answer was lost? */
import type { DeskSettings, MailboxSettings } from '../../config/schema.ts'
import { EasyVista } from '../../desk/desk.ts'
import { type Evidence, evidenceOf, type Shown } from '../../gateway/evidence.ts'
import { unlessUnknown } from '../../gateway/find.ts'
import type { Clock } from '../../gateway/ports.ts'
import type { TicketNumber } from '../../mail/subject.ts'
import { EXIT } from '../exit.ts'
import { deskWay } from '../sign-in.ts'
import { reportCertificates, reportToken, witness } from './certificates.ts'
import { failBy, PATIENCE, type Report } from './finding.ts'
import { remedyFor } from './remedies.ts'

/** A number that no ticket has: what the desk says of it tells our rights all the same. */
const NOBODYS = 'I000000_000000' as TicketNumber

/** More than this much and Date headers, certificates and Retry-After are read wrongly. */
const SKEW = 60_000

/**
 * Asks, and changes nothing. Answers whether there is talking to it.
 * @param known a ticket that is there, which shows more; undefined = none is known
 */
export async function checkDesk(
  box: MailboxSettings,
  known: TicketNumber | undefined,
  to: Report,
  clock: Clock,
): Promise<boolean> {
  const seen = witness()
  const way = deskWay(box.desk)
  const tls = { ...way.tls, checkServerIdentity: seen.checkServerIdentity }
  await using desk = new EasyVista({ ...box.desk, ...way, tls, closedStatuses: box.ticket.closedStatuses }, clock)
  const certificates = (): void => {
    reportCertificates(to, { seen: seen.validTo(), own: box.desk.tls.cert, now: clock.now() })
    reportToken(to, box.desk.token, clock.now())
  }
  try {
    const rights = await rightsAt(desk, known ?? NOBODYS, AbortSignal.timeout(PATIENCE))
    reportRights(rights, box, to)
  } catch (error) {
    failBy(to, 'credentials', error, fault => remedyFor(fault, place(box.desk), otherwise(fault.status)))
    certificates()
    return false
  }
  certificates()
  reportClock(desk.ahead, to)
  return true
}

type Rights = Shown & { readonly ticket: boolean; readonly documents: number }

async function rightsAt(desk: EasyVista, ticket: TicketNumber, signal: AbortSignal): Promise<Rights> {
  const listed = await unlessUnknown(desk.list(ticket, signal), [])
  const facts = await unlessUnknown(desk.ticket(ticket, signal), 'unknown')
  const documents = listed === 'denied' ? [] : listed
  return {
    list: listed !== 'denied',
    ticket: facts !== 'denied',
    download: await desk.mayDownload(ticket, documents.at(-1)?.id ?? '0', signal),
    names: documents.length === 0 ? undefined : documents.every(({ name }) => name !== undefined),
    documents: documents.length,
  }
}

function reportRights(rights: Rights, { desk, ticket, senders }: MailboxSettings, to: Report): void {
  if (!rights.list && !rights.ticket && !rights.download) {
    const remedy = `enable the REST API in the profile of this EasyVista user and allow its routes (docs/desk-api.md lists them); unknown paths answer 403 too, so compare desk.url with https://HOST/api/v1/ACCOUNT`
    return void to.fail('rights', 'the desk denies everything we ask (HTTP 403)', remedy, EXIT.credentials)
  }
  to.ok(
    'credentials',
    desk.token === undefined
      ? `${desk.user} is known`
      : 'the access token is known; when it ends, EasyVista tells only its own pages',
  )
  reportRight(
    rights.list,
    'list documents',
    'GET /requests/{rfc_number}/documents',
    'an upload whose answer was lost cannot be looked for',
    to,
  )
  const needed = ticket.closed !== 'attach' || senders.requester !== 'off'
  const without = `${needed ? 'ticket.closed and senders.requester cannot be kept, and ' : ''}a 403 on one upload makes the whole desk rest`
  reportRight(rights.ticket, 'read ticket', 'GET /requests/{rfc_number}', without, to)
  reportRight(
    rights.download,
    'download document',
    'GET /requests/{rfc_number}/documents/{document_id}',
    'a lost upload is recognised by its name alone',
    to,
  )
  to.ok('attach document', 'cannot be tried without attaching something: check --probe TICKET does')
  reportEvidence(evidenceOf(rights), desk.uncertain, to)
}

function reportRight(allowed: boolean, check: string, route: string, without: string, to: Report): void {
  if (allowed) to.ok(check, 'allowed')
  else to.warn(check, `denied (HTTP 403): ${without}`, `allow ${route} in the profile of this EasyVista user`)
}

const LEVELS: Readonly<Record<Evidence, string>> = {
  hash: 'by hash: an upload whose answer was lost is found among the new documents by its SHA-256',
  name: 'by name: a single new document of the same name counts as the lost upload; of several, nobody knows',
  count: 'by count: documents have neither names nor contents here, so only that there is no new one can be seen',
  none: 'NONE: NOBODY CAN LOOK WHETHER AN UPLOAD WHOSE ANSWER WAS LOST HAS ARRIVED',
}

const DECIDES = {
  hold: 'desk.uncertain: hold decides, such a mail waits for a person (a file is attached at most once)',
  repost: 'desk.uncertain: repost decides, such a file is SENT AGAIN (a file is attached at least once, perhaps twice)',
} as const

/** How it can be found out what became of an upload (docs/states.md). */
function reportEvidence(evidence: Evidence, uncertain: DeskSettings['uncertain'], to: Report): void {
  if (evidence === 'hash') return void to.ok('evidence', LEVELS.hash)
  const remedy = 'allow this EasyVista user to list and to download documents'
  to.warn('evidence', `${LEVELS[evidence]}. Where it cannot be told, ${DECIDES[uncertain]}`, remedy)
}

function reportClock(ahead: number | undefined, to: Report): void {
  if (ahead === undefined) return void to.ok('clock', 'the desk tells no time')
  const seconds = Math.round(Math.abs(ahead) / 1000)
  if (Math.abs(ahead) <= SKEW) return void to.ok('clock', `within ${Math.max(seconds, 1)} s of ours`)
  const detail = `the desk's clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`
  to.warn(
    'clock',
    detail,
    'set this machine by NTP (timedatectl set-ntp true); if it is right, tell the owner of the desk',
  )
}

const place = ({ token }: DeskSettings) => ({
  host: 'desk.url',
  tls: 'desk.tls',
  usual: 'https with port 443',
  credentials: `${token === undefined ? 'correct desk.user and desk.password' : 'write a new desk.token (Admin > Access Management > Access Tokens; they may have an end)'}; the desk says the same of an account number it does not know, so compare the last part of desk.url too`,
})

function otherwise(status: string): string {
  if (status === '4.3.5')
    return 'desk.url does not lead to the REST API: it is https://HOST/api/v1/ACCOUNT, without a proxy or sign-in page before it'
  if (status === '4.3.2') return 'the desk is in maintenance: wait; mails wait too'
  return "look into the desk's log; mails wait until it answers"
}
