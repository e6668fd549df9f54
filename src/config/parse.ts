/** From text (or values) to settings, without touching the disk: every mistake is found before any of them is told. */
import { crossCheck, isLoopback, warningsOf } from './crosschecks.ts'
import { Findings, SECRET_KEYS } from './findings.ts'
import type { ReadText } from './interpolate.ts'
import { mergedMailbox } from './merge.ts'
import { ConfigurationMistakes, type Path } from './mistakes.ts'
import { configuration, type LedgerSettings, type Settings, type WrittenLedger } from './schema.ts'
import { mailbox } from './sections/mailbox.ts'
import { isMap, tidied } from './shape.ts'
import { sound } from './sound.ts'
import { readSource } from './source.ts'

export type ParseOptions = {
  /** What messages call the text; undefined for values that come from no file. */
  readonly file?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** For `${file:…}` and certificates; without it there are no files. */
  readonly read?: ReadText
  /** Everybody on this machine may read the file. */
  readonly open?: boolean
}

/** Throws ConfigurationMistakes, with all of them. Values in place of YAML text are read the same, `${…}` included. */
export function parseSettings(input: string | object, options: ParseOptions = {}): Settings {
  const { file, environment = {}, read = noFiles, open = false } = options
  const source = readSource(input, { environment, read })
  if (source.unreadable) throw new ConfigurationMistakes(source.mistakes, file)
  const findings = new Findings(source)
  const value = tidied(source.value ?? {}, configuration)
  const { mailboxes, desk, ticket, senders, attachments, notices, ...rest } = sound(value, configuration, findings)
  const settings: Settings = {
    ...rest,
    mailboxes: mailboxes.map((box, i) => mergedMailbox(box, value, i, findings)),
    ledger: ledgerOf(rest.ledger),
    warnings: source.warnings,
  }
  // Without a mailbox the common sections would go unchecked.
  if (mailboxes.length === 0)
    mergedMailbox(sound({ host: 'localhost', user: 'nobody' }, mailbox, findings), value, 0, findings)
  crossCheck(settings, value, findings)
  if (findings.mistakes.length > 0) throw new ConfigurationMistakes(findings.mistakes, file)
  const opened = open && holdsSecret(value, source.templateOf)
  return {
    ...settings,
    warnings: [
      ...source.warnings,
      ...(opened
        ? [`everybody on this machine may read ${file ?? 'the file'}, and it holds secrets; give it mode 0600`]
        : []),
      ...warningsOf(settings, value),
    ],
  }
}

/** A password in the address goes where secrets are looked for. */
export function ledgerOf(written: WrittenLedger): LedgerSettings {
  const { url: address, tls, allowPlain } = written
  const url = address.startsWith('sqlite:') ? null : URL.parse(address)
  // What is no address at all was told as a mistake already.
  if (url === null) return { ...written, file: address.replace(/^sqlite:(\/\/(?=\/))?/, ''), database: undefined }
  const password = written.password ?? (url.password === '' ? undefined : decodeURIComponent(url.password))
  url.password = ''
  const asked = (tls.ca ?? tls.cert ?? undefined) !== undefined
  const encrypted = asked || !(allowPlain || isLoopback(url.hostname))
  return { ...written, url: url.href, password, file: '', database: { url: url.href, encrypted } }
}

/** A secret that is written out, not put in by `${…}`. */
function holdsSecret(value: unknown, templateOf: (path: Path) => string | undefined, path: Path = []): boolean {
  if (typeof value === 'string')
    return SECRET_KEYS.has(String(path.at(-1))) && value !== '' && templateOf(path) === undefined
  const inner = Array.isArray(value) ? [...value.entries()] : isMap(value) ? Object.entries(value) : []
  return inner.some(([step, one]) => holdsSecret(one, templateOf, [...path, step]))
}

function noFiles(): never {
  throw Object.assign(new Error('there are no files here'), { code: 'ENOENT' })
}
