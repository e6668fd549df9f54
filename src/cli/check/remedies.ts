/** What to do about a connection that fails: one table, from what the network, TLS and the servers say to what an administrator can change. */
import type { Fault } from '../../mail/fault.ts'

/** Where the settings of a site stand, and what else its owner can do when its credentials are refused. */
export type Place = {
  /** `mailboxes[].host` */
  readonly host: string
  /** `mailboxes[].tls` */
  readonly tls: string
  /** The same connection as it is usually made: `tls with port 993, starttls with port 143`. */
  readonly usual: string
  readonly credentials: string
}

type Row = { readonly says: RegExp; readonly remedy: (place: Place) => string }

/** TLS alerts about our certificate (`handshake failure` is what TLS 1.2 says of none), Dovecot's words, and nginx's. */
const CERTIFICATE_WANTED =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|NO_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)|present valid SSL certificate|wants a client certificate/

/** Codes of Node, OpenSSL and undici. */
const ROWS: readonly Row[] = [
  {
    says: /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    remedy: ({ tls }) =>
      `nobody this machine trusts has signed the server's certificate: write the certificate of its authority (of the server, when it signed its own) into a PEM file and name it in ${tls}.ca`,
  },
  {
    says: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    remedy: () => "the server's certificate is out of date: have it renewed, and compare this machine's clock",
  },
  {
    says: /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    remedy: ({ host, tls }) =>
      `the server's certificate is for another name: write that name in ${host}, or in ${tls}.servername`,
  },
  {
    says: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|tls\.minVersion allows/,
    remedy: ({ tls }) =>
      `the server speaks only older versions of TLS than ${tls}.minVersion allows: have it speak a newer one; ${tls}.minVersion: TLSv1.2 is the oldest that can be written`,
  },
  {
    says: CERTIFICATE_WANTED,
    remedy: ({ tls }) =>
      `the server wants a client certificate that it trusts: name it in ${tls}.cert and its key in ${tls}.key; if they are there, have its owner look at who issued it and when it ends`,
  },
  {
    says: /EPROTO|ERR_SSL|WRONG_VERSION/,
    remedy: ({ usual }) => `this port does not speak TLS as configured; usual are ${usual}`,
  },
  {
    says: /ENOTFOUND|EAI_AGAIN|EDNS/,
    remedy: ({ host }) => `no such host is known here: correct ${host}, or this machine's DNS`,
  },
  {
    says: /ECONNREFUSED/,
    remedy: ({ usual, host }) => `nothing listens there: correct ${host} and the port; usual are ${usual}`,
  },
  {
    says: /TIMEDOUT|TIMEOUT|EHOSTUNREACH|ENETUNREACH|no answer within/i,
    remedy: () =>
      'nothing answers there: a firewall may be in between; open the port to this machine, or set the proxy',
  },
]

/** The remedy for a fault of a connection; `otherwise` for what only its site can explain. */
export function remedyFor(fault: Fault, place: Place, otherwise: string): string {
  const { cause } = fault
  const said = `${fault.message} ${cause instanceof Error ? `${cause.message} ${codeOf(cause)}` : String(cause ?? '')}`
  if (fault.status === '4.7.8' && !CERTIFICATE_WANTED.test(said)) return place.credentials
  if (fault.status === '4.4.5') return 'the server asks for fewer requests: wait, and look who else uses this account'
  return ROWS.find(({ says }) => says.test(said))?.remedy(place) ?? otherwise
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '')
