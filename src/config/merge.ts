/** One mailbox's settings: its overrides over the common sections, and the defaults that depend on other keys. */
import type { z } from 'zod'
import type { Findings } from './findings.ts'
import type { Path } from './mistakes.ts'
import { type MailboxSettings, type NoticeSettings, OVERRIDABLE } from './schema.ts'
import type { mailbox } from './sections/mailbox.ts'
import { isMap, valueAt } from './shape.ts'
import { sound } from './sound.ts'

type Section = keyof typeof OVERRIDABLE

/**
 * Where a key of a merged section was written: at the mailbox if it says anything there, else in the common section. Something missing
 * is missed in the common section, unless only the mailbox has such a section.
 */
export function writtenAt(configuration: unknown, index: number, path: Path): Path {
  const own: Path = ['mailboxes', index, ...path]
  const common = valueAt(configuration, path.slice(0, 1))
  const said = valueAt(configuration, own) !== undefined
  return said || (common === undefined && valueAt(configuration, own.slice(0, 3)) !== undefined) ? own : path
}

/** Merges and checks; `written` is the mailbox as its own schema read it, `configuration` the whole file with stand-ins. */
export function mergedMailbox(
  written: z.output<typeof mailbox>,
  configuration: unknown,
  index: number,
  findings: Findings,
): MailboxSettings {
  const { name, port, password, oauth2, file, flag, ...rest } = written
  const section = <Name extends Section>(which: Name): z.output<(typeof OVERRIDABLE)[Name]> =>
    sound(mergedSection(configuration, index, which) ?? {}, OVERRIDABLE[which], findings, path =>
      writtenAt(configuration, index, [which, ...path]),
    ) as z.output<(typeof OVERRIDABLE)[Name]> // TypeScript does not follow a generic key into what it reads
  return {
    ...rest,
    name: name ?? written.user,
    port: port ?? (written.security === 'tls' ? 993 : 143),
    password: password ?? '',
    ...(oauth2 === undefined ? {} : { oauth2 }),
    file: file ?? { delivered: undefined, bounced: undefined, held: undefined, discarded: undefined },
    flag: flag ?? { bounced: undefined, held: undefined },
    desk: section('desk'),
    ticket: section('ticket'),
    senders: section('senders'),
    attachments: section('attachments'),
    notices: isMap(mergedSection(configuration, index, 'notices')) ? noticesOf(section('notices')) : null,
  }
}

/** The common section with the mailbox's keys laid over it, map by map; null and lists replace what was there. */
export function mergedSection(configuration: unknown, index: number, section: Section): unknown {
  const common = valueAt(configuration, [section])
  const own = valueAt(configuration, ['mailboxes', index, section])
  return section === 'desk' ? overlaid(withoutOthers(common, own), own) : overlaid(common, own)
}

function overlaid(common: unknown, own: unknown): unknown {
  if (own === undefined) return common
  if (!isMap(common) || !isMap(own)) return own
  const names = new Set([...Object.keys(common), ...Object.keys(own)])
  return Object.fromEntries([...names].map(name => [name, overlaid(common[name], own[name])]))
}

/** A mailbox with a token of its own does not sign in with the common password, nor the other way round. */
function withoutOthers(common: unknown, own: unknown): unknown {
  if (!isMap(common) || !isMap(own)) return common
  const dropped = own['token'] !== undefined ? ['user', 'password'] : own['password'] !== undefined ? ['token'] : []
  return Object.fromEntries(Object.entries(common).filter(([name]) => !dropped.includes(name)))
}

const SMTP_PORTS = { tls: 465, starttls: 587, plain: 25 } as const

function noticesOf({ smtp, returnPath, ...rest }: z.output<(typeof OVERRIDABLE)['notices']>): NoticeSettings {
  const { port, oauth2, user, password, ...relay } = smtp
  const login = {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(oauth2 === undefined ? {} : { oauth2 }),
  }
  return {
    ...rest,
    returnPath: returnPath ?? null,
    smtp: { ...relay, ...login, port: port ?? SMTP_PORTS[smtp.security] },
  }
}
