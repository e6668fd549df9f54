/**
 * Whether somebody else reads the inbox: an EasyVista Technical Support Agent deletes what it has read. It cannot be seen itself, but by what
 * is missing: mails of the ledger that vanished, numbers that were given to mails nobody here ever saw, mails that go while we look.
 */
import type { ImapExamined } from '../../imap/examine.ts'
import type { SqlLedger } from '../../ledger/ledger.ts'
import type { Report } from './finding.ts'

const SPAN = 7 * 86_400_000

/** So many UIDs without a mail may be a person's quick hand. */
const FEW = 3

const REMEDY =
  "if an EasyVista Technical Support Agent reads this inbox, give it another one: it deletes what it has read, and both would attach. People's own filing shows here too; let them use folders behind mailclip's"

/** @param later UIDs in the folder at the end of the check; undefined when it could not be asked again */
export async function reportOthers(
  { watched }: ImapExamined,
  later: readonly number[] | undefined,
  mailbox: string,
  ledger: SqlLedger | undefined,
  to: Report,
  now: Date,
): Promise<void> {
  if (watched.kind === 'missing') return
  const here = new Set(later)
  const went = later === undefined ? [] : watched.uids.filter(uid => !here.has(uid))
  const numbering = { mailbox, folder: watched.path, uidValidity: watched.uidValidity }
  const known = ledger === undefined ? new Set() : await ledger.known(numbering, went)
  // What a worker of ours has filed meanwhile is in the ledger.
  const vanished = went.filter(uid => !known.has(uid)).length
  if (vanished > 0) return void to.warn('other readers', `${vanished} mails vanished while this check ran`, REMEDY)
  if (ledger === undefined)
    return void to.ok('other readers', 'none seen while this check ran; the ledger will tell more (mails that vanish)')
  const { gone, unseen } = await trail(watched, mailbox, ledger, now)
  if (gone > 0 || unseen > FEW)
    return void to.warn(
      'other readers',
      `within 7 days ${gone} mails vanished before they were done, ${unseen} before they were ever seen`,
      REMEDY,
    )
  to.ok('other readers', 'no sign of any within 7 days: hardly a mail vanished')
}

/** UIDs are given in a row (RFC 9051 §2.3.1.1 asks for ascending only, servers count up): one that no entry has was a mail that came and went unseen. */
async function trail(
  watched: Extract<ImapExamined['watched'], { kind: 'there' }>,
  mailbox: string,
  ledger: SqlLedger,
  now: Date,
): Promise<{ readonly gone: number; readonly unseen: number }> {
  const since = new Date(now.getTime() - SPAN)
  let gone = 0
  const uids = new Set<number>()
  for await (const mail of ledger.list({ since, all: true })) {
    if (mail.mailbox !== mailbox) continue
    if (mail.code === 'gone') gone += 1
    if (mail.uidValidity === watched.uidValidity) uids.add(mail.uid)
  }
  if (uids.size === 0) return { gone, unseen: 0 }
  const first = [...uids].reduce((a, b) => Math.min(a, b))
  // What lies there and is not recorded yet is seen by the next sweep.
  for (const uid of watched.uids) if (uid >= first) uids.add(uid)
  const given = Math.max(watched.uidNext, 1 + [...uids].reduce((a, b) => Math.max(a, b))) - first
  return { gone, unseen: given - uids.size }
}
