/** Certificates and tokens come to an end: the servers', as they are shown to us, and our own. Told when it becomes known, for the log and the alarms. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Settings } from '../config/schema.ts'
import type { Event, Observe } from '../gateway/events.ts'
import type { Clock, Site } from '../gateway/ports.ts'
import { endOf } from '../oauth/token-end.ts'
import { deskSite, postSite } from './policy.ts'

type What = Extract<Event, { readonly kind: 'expires' }>['what']

export type Expiries = { readonly clock: Clock; readonly observe: Observe }

/** The adapters' TLS options, with a look at the certificate of each server that is trusted; the same end of it is told once. */
export function watchedTls<T extends { readonly cert?: string | undefined }>(tls: T, site: Site, expiries: Expiries) {
  if (tls.cert !== undefined) tell('our certificate', new Date(new X509Certificate(tls.cert).validTo), site, expiries)
  let last = ''
  return {
    ...tls,
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined => {
      if (certificate.valid_to !== last) tell('certificate', new Date(certificate.valid_to), site, expiries)
      last = certificate.valid_to
      return checkServerIdentity(host, certificate)
    },
  }
}

/** What the configuration itself shows the end of: the certificate of an OAuth application, and the desk's token where it is a JWT. */
export function tellOwnEnds(settings: Settings, expiries: Expiries): void {
  for (const box of settings.mailboxes) {
    const applications: readonly (readonly [Site | undefined, string | undefined])[] = [
      [`mailbox ${box.name}`, box.oauth2?.clientCertificate],
      [postSite(box, settings), box.notices?.smtp.oauth2?.clientCertificate],
    ]
    for (const [site, pem] of applications)
      if (site !== undefined && pem !== undefined)
        tell('our certificate', new Date(new X509Certificate(pem).validTo), site, expiries)
    const end = endOf(box.desk.token ?? '')
    if (end !== undefined) tell('token', end, deskSite(box.desk, settings), expiries)
  }
}

function tell(what: What, at: Date, site: Site, { clock, observe }: Expiries): void {
  // A date that nobody can read is no reason to refuse a server that TLS trusts.
  if (Number.isNaN(at.getTime())) return
  observe({ kind: 'expires', site, what, at, days: Math.floor((at.getTime() - clock.now().getTime()) / 86_400_000) })
}
