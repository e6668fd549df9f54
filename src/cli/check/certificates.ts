/** Certificates that will expire: the server's, as it is shown to us, and our own. */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { endOf } from '../../oauth/token-end.ts'
import type { Report } from './finding.ts'

/** So long before its end a certificate is worth a word: a month is enough to have it renewed. */
const SOON = 30 * 86_400_000

export type Witness = {
  /** For node:tls: asked once the chain is trusted, and decides as Node does. */
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
  /** When the certificate ends that was seen last; undefined when there was none. */
  readonly validTo: () => Date | undefined
}

export function witness(): Witness {
  let seen: Date | undefined
  return {
    checkServerIdentity: (host, certificate) => {
      seen = new Date(certificate.valid_to)
      return checkServerIdentity(host, certificate)
    },
    validTo: () => seen,
  }
}

export type Certificates = {
  /** When the server's ends. */
  readonly seen: Date | undefined
  /** PEM of ours for TLS. */
  readonly own: string | null | undefined
  /** PEM by which an OAuth application is known. */
  readonly application?: string | undefined
  readonly now: Date
}

/** Tells of the certificate that was seen, if any, and of ours, if any: of ours also where they were the reason why nobody let us in. */
export function reportCertificates(to: Report, { seen, own, application, now }: Certificates): void {
  if (seen !== undefined)
    tell(to, 'certificate', `the server's certificate`, seen, now, "have the server's certificate renewed")
  if (typeof own === 'string') {
    const until = new Date(new X509Certificate(own).validTo)
    tell(to, 'client certificate', 'our certificate', until, now, 'have a new one issued and name it in tls.cert')
  }
  if (application !== undefined) {
    const until = new Date(new X509Certificate(application).validTo)
    const remedy =
      "have a new one issued, upload it beside the old one at the provider's, and name it in oauth2.clientCertificate"
    tell(to, 'application certificate', "our application's certificate", until, now, remedy)
  }
}

/** An access token of the desk that tells its end (a JWT); most do not. */
export function reportToken(to: Report, token: string | undefined, now: Date): void {
  const until = endOf(token ?? '')
  if (until !== undefined)
    tell(to, 'token', 'our access token', until, now, 'make a new one in EasyVista and name it in desk.token')
}

function tell(to: Report, check: string, whose: string, until: Date, now: Date, remedy: string): void {
  const left = until.getTime() - now.getTime()
  const date = until.toISOString().slice(0, 10)
  if (left < 0) to.warn(check, `${whose} ended on ${date}`, remedy)
  else if (left < SOON) to.warn(check, `${whose} ends on ${date}, in ${Math.floor(left / 86_400_000)} days`, remedy)
  else to.ok(check, `${whose} is good until ${date}`)
}
