/** TLS settings in the shape the adapters take: what is not configured is undefined. */
import type { TlsSettings } from '../config/schema.ts'

export const tlsOf = ({ ca, cert, key, minVersion, servername }: TlsSettings) => ({
  ca: ca ?? undefined,
  cert: cert ?? undefined,
  key: key ?? undefined,
  minVersion,
  servername: servername ?? undefined,
})
