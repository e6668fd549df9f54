/** Certificates come to an end: the servers', as they are shown to us, and our own. Told when it becomes known, for the log and the alarms. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Observe } from '../gateway/events.ts'
import type { Clock, Site } from '../gateway/ports.ts'

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

function tell(what: 'certificate' | 'our certificate', at: Date, site: Site, { clock, observe }: Expiries): void {
  // A date that nobody can read is no reason to refuse a server that TLS trusts.
  if (Number.isNaN(at.getTime())) return
  observe({ kind: 'expires', site, what, at, days: Math.floor((at.getTime() - clock.now().getTime()) / 86_400_000) })
}
