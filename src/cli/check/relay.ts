/** The relay for notices: can it be reached as configured, does it know us, does it take our return path? No mail is sent. */
import type { NoticeSettings } from '../../config/schema.ts'
import type { Clock } from '../../gateway/ports.ts'
import type { Fault } from '../../mail/fault.ts'
import { examineRelay, type RelayExamined } from '../../post/examine.ts'
import type { SignIns } from '../sign-in.ts'
import { reportCertificates, witness } from './certificates.ts'
import { failBy, PATIENCE, type Report } from './finding.ts'
import { remedyFor } from './remedies.ts'

export async function checkRelay(notices: NoticeSettings, to: Report, signIns: SignIns, clock: Clock): Promise<void> {
  const { smtp, from, returnPath = null } = notices
  const seen = witness()
  const way = signIns.smtp(smtp)
  const tls = { ...way.tls, checkServerIdentity: seen.checkServerIdentity }
  const path = returnPath === null ? '' : from.address
  const ours = { own: smtp.tls.cert, application: smtp.oauth2?.clientCertificate, now: clock.now() }
  let examined: RelayExamined
  try {
    const options = { ...way, tls, from, returnPath, clock }
    examined = await examineRelay(options, path, AbortSignal.timeout(PATIENCE))
  } catch (error) {
    failBy(to, 'sign-in', error, fault => remedyFor(fault, place(smtp.host), otherwise(fault)))
    reportCertificates(to, { seen: seen.validTo(), ...ours })
    return
  }
  const who = examined.signedIn ? `as ${smtp.user}` : 'without signing in'
  to.ok('sign-in', `${smtp.host}:${smtp.port} ${who}, ${examined.secure ? 'over TLS' : 'without TLS'}`)
  reportCertificates(to, { seen: seen.validTo(), ...ours })
  reportPath(examined, path, to)
}

function reportPath({ refused }: RelayExamined, path: string, to: Report): void {
  if (refused === undefined)
    to.ok('return path', `MAIL FROM:<${path}> is taken; whether recipients are shows with the first notice`)
  else if (path === '')
    to.warn(
      'return path',
      `the relay refuses MAIL FROM:<>: ${refused}; notices go with the address of notices.from`,
      'write notices.returnPath: from, or have the relay take the empty return path, which keeps loops of bounces away',
    )
  else
    to.warn(
      'return path',
      `the relay refuses MAIL FROM:<${path}>: ${refused}`,
      'write an address in notices.from that this account may send as (Exchange: SendAs)',
    )
}

const place = (host: string) => ({
  host: 'notices.smtp.host',
  tls: 'notices.smtp.tls',
  usual: 'starttls with port 587, tls with port 465, plain with port 25',
  credentials: /\.(office365|outlook)\.com$/i.test(host)
    ? 'write oauth2 (in Entra: SMTP.SendAsApp, admin consent given), or switch authenticated SMTP on for the account (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)'
    : 'correct notices.smtp.user and password; leave both out for a relay that knows this machine by its address',
})

function otherwise({ status }: Fault): string {
  if (status === '4.7.10')
    return 'have STARTTLS switched on at the relay, or write security: tls with port 465 if it offers that; clear text is never used in its place'
  if (status === '4.7.5') return 'compare notices.smtp.security and port with what the relay offers'
  return "look into the relay's log for this connection"
}
