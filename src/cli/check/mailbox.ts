/** One mailbox: can we sign in, is the folder there, and can mail be flagged and filed the way the configuration wants it? */

import type { MailboxSettings } from '../../config/schema.ts'
import { suggest } from '../../config/suggest.ts'
import { examineMailbox, type Folder, type ImapExamined, type Watched } from '../../imap/examine.ts'
import type { ImapOptions } from '../../imap/session.ts'
import type { Fault } from '../../mail/fault.ts'
import { EXIT } from '../exit.ts'
import type { SignIns } from '../sign-in.ts'
import { tlsOf } from '../tls.ts'
import { reportCertificates, witness } from './certificates.ts'
import { failBy, PATIENCE, type Report } from './finding.ts'
import { remedyFor } from './remedies.ts'

/** Answers what was seen; undefined when there is no talking to the server. */
export async function checkMailbox(
  box: MailboxSettings,
  to: Report,
  { now, trial, signIns }: { readonly now: Date; readonly trial: string; readonly signIns: SignIns },
): Promise<ImapExamined | undefined> {
  const seen = witness()
  const ours = { own: box.tls.cert, application: box.oauth2?.clientCertificate, now }
  let examined: ImapExamined
  try {
    examined = await examineMailbox(imapOptions(box, seen, signIns), trial, AbortSignal.timeout(PATIENCE))
  } catch (error) {
    failBy(to, 'sign-in', error, fault => remedyFor(fault, placeOf(box), otherwise(fault)))
    reportCertificates(to, { seen: seen.validTo(), ...ours })
    return undefined
  }
  const { watched, folders } = examined
  to.ok('sign-in', `${box.user} at ${box.host}:${box.port} (${box.security})`)
  reportCertificates(to, { seen: seen.validTo(), ...ours })
  reportFolder(watched, folders, box, to)
  reportFlags(watched, box, to)
  for (const outcome of examined.outcomes) reportOutcome(outcome, to)
  reportCapabilities(examined.capabilities, to)
  return examined
}

const imapOptions = (
  box: MailboxSettings,
  { checkServerIdentity }: ReturnType<typeof witness>,
  signIns: SignIns,
): ImapOptions => ({
  ...signIns.imap(box),
  tls: { ...tlsOf(box.tls), checkServerIdentity },
  outcomeFolders: Object.values(box.file).filter(one => one !== undefined),
})

const placeOf = ({ host }: MailboxSettings) => ({
  host: 'mailboxes[].host',
  tls: 'mailboxes[].tls',
  usual: 'tls with port 993, starttls with port 143',
  credentials: signInRemedy(host),
})

function signInRemedy(host: string): string {
  if (/\.(office365|outlook)\.com$/i.test(host))
    return 'Exchange Online takes no passwords: write oauth2. In Entra the application needs IMAP.AccessAsApp (application permission, admin consent given); in Exchange a service principal with FullAccess to the mailbox, and IMAP switched on for it (Set-CASMailbox -ImapEnabled $true)'
  if (/\.(gmail|google)\.com$|^gmail/i.test(host))
    return 'Google takes no account passwords: write oauth2, or an app password (it needs 2-step verification); IMAP must be allowed for the account'
  return 'correct user and password, and look whether the account is locked and may use IMAP; servers that want OAuth get oauth2 instead of password'
}

const otherwise = (fault: Fault): string =>
  fault.status === '4.7.5'
    ? 'compare security and port with what the server offers; clear text is never used in its place'
    : "look into the server's log for this login"

function reportFolder(watched: Watched, folders: readonly Folder[], box: MailboxSettings, to: Report): void {
  if (watched.kind === 'missing') {
    const near = nearest(watched.path, folders)
    const there = folders.map(({ path }) => path)
    const list = `${there.slice(0, 30).join(', ')}${there.length > 30 ? ` and ${there.length - 30} more` : ''}`
    const remedy =
      near === undefined ? 'write one of these in mailboxes[].folder' : `write ${near} in mailboxes[].folder`
    return void to.fail('folder', `there is no folder ${watched.path}; there are ${list}`, remedy, EXIT.suspended)
  }
  if (watched.readOnly) {
    const remedy = `give ${box.user} the right to write, flag and remove in ${watched.path} (ACL "lrswite", Exchange: FullAccess), or watch a folder of its own`
    return void to.fail('folder', `${watched.path} can only be read: nothing could be filed`, remedy, EXIT.suspended)
  }
  to.ok('folder', `${watched.path}, ${watched.uids.length} mails`)
}

/** By its letters; else by its use: `Archive` is called otherwise on most servers. */
function nearest(path: string, folders: readonly Folder[]): string | undefined {
  const paths = folders.map(one => one.path)
  const last = path.split(/[./]/).at(-1) ?? path
  const byLetters =
    suggest(path, paths) ?? paths.find(one => one.split(/[./]/).at(-1)?.toLowerCase() === last.toLowerCase())
  return (
    byLetters ?? folders.find(({ use }) => use !== undefined && use.slice(1).toLowerCase() === last.toLowerCase())?.path
  )
}

function reportFlags(watched: Watched, { flag }: MailboxSettings, to: Report): void {
  if (watched.kind === 'missing' || watched.readOnly) return
  const wanted = [...new Set(Object.values(flag).filter(one => one !== undefined))]
  const { keeps } = watched
  const lost = wanted.filter(one => keeps !== undefined && !keeps.has('\\*') && !keeps.has(one))
  if (lost.length === 0)
    return void to.ok('flags', wanted.length === 0 ? 'none are set' : `${wanted.join(', ')} are kept`)
  const remedy = 'write \\Flagged in mailboxes[].flag, or leave it so: people find the mails in their folders'
  if (lost.includes('\\Flagged')) to.warn('flags', `the server does not keep ${lost.join(', ')}`, remedy)
  else to.warn('flags', `the server keeps no keyword ${lost.join(', ')}: \\Flagged is set instead`, remedy)
}

function reportOutcome(outcome: ImapExamined['outcomes'][number], to: Report): void {
  const check = `folder ${outcome.path}`
  if (outcome.kind === 'there') return void to.ok(check, 'is there')
  if (outcome.kind === 'refused') {
    const remedy = `create ${outcome.path} by hand, give the account the right to create folders, or write another name (or null) in mailboxes[].file`
    return void to.fail(check, `is not there and may not be created: ${outcome.words}`, remedy, EXIT.suspended)
  }
  const made = 'is not there yet; the first sweep makes it (a trial folder could be made'
  if (outcome.left === undefined) to.ok(check, `${made} and was removed again)`)
  else to.warn(check, `${made} but not removed again)`, `delete the empty folder ${outcome.left} by hand`)
}

/** What is missing, and what it means; nothing here stops the road. */
function reportCapabilities(capabilities: ReadonlySet<string>, to: Report): void {
  const has = (name: string): boolean => capabilities.has(name)
  const means = [
    has('MOVE') ? 'MOVE' : has('UIDPLUS') ? 'no MOVE (mail is copied, then removed by UID EXPUNGE)' : undefined,
    has('UIDPLUS') ? 'UIDPLUS' : 'no UIDPLUS (where a mail went is found by its Message-ID)',
    has('IDLE') ? 'IDLE' : 'no IDLE (newcomers are found by the schedule)',
    has('CONDSTORE') ? 'CONDSTORE' : 'no CONDSTORE (not needed)',
  ].filter(one => one !== undefined)
  if (has('MOVE') || has('UIDPLUS')) return void to.ok('capabilities', means.join(', '))
  const detail = `neither MOVE nor UIDPLUS: mail is copied to its folder, and its original stays in the watched one, marked \\Deleted; ${means.slice(1).join(', ')}`
  to.warn(
    'capabilities',
    detail,
    'have somebody expunge the watched folder now and then; mailclip never expunges mail of others',
  )
}
