/** A client certificate and its key belong together. */
import type { Findings } from './findings.ts'
import type { Path } from './mistakes.ts'
import type { TlsSettings } from './schema.ts'

/** Node would connect without either, and the server would see no client certificate. */
export function checkPair({ cert, key }: TlsSettings, at: (key: string) => Path, findings: Findings): void {
  if ((cert === undefined) === (key === undefined)) return
  const [written, missing] = cert === undefined ? (['key', 'cert'] as const) : (['cert', 'key'] as const)
  findings.add([at(written), at(missing)], `stands without tls.${missing}; write both, or neither`)
}
