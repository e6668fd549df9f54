/** Folder names: ours are written with '/', the server has its own separator and may keep them under a prefix. */
import type { ImapFlow } from 'imapflow'

/** What the server's namespaces are (RFC 2342). */
export type Namespace = {
  readonly separator: string
  /** Of the personal namespace, with its separator: `INBOX.` or `''`. */
  readonly prefix: string
  /** Of other people's and shared namespaces. */
  readonly elsewhere: readonly string[]
}

/**
 * Reads the namespace of a connection, and takes its prefix off imapflow's hands, which would put it before shared folders too.
 * Asked twice of one connection it answers the same.
 */
export function namespaceOf(client: ImapFlow): Namespace {
  const { personal = [], other = false, shared = false } = client.namespaces ?? {}
  const { prefix = '', delimiter } = personal[0] ?? {}
  const elsewhere = [...(other || []), ...(shared || [])].map(space => space.prefix).filter(Boolean)
  client.namespace = { prefix: '', delimiter }
  return { separator: delimiter ?? '/', prefix, elsewhere }
}

/** The server's name for a folder as a person configured it. A name that carries the prefix already keeps it. */
export function serverName(configured: string, { separator, prefix, elsewhere }: Namespace): string {
  const name = configured.replaceAll('/', separator)
  if (name.toUpperCase() === 'INBOX') return 'INBOX'
  const placed = [prefix, ...elsewhere].some(start => start !== '' && name.startsWith(start))
  return placed ? name : prefix + name
}
