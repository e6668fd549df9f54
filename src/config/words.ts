/** Readers of the kinds of text that mean something to mail, IMAP and the desk. */
import { mailable, parseMailbox } from '../mail/address.ts'
import type { Address } from '../mail/envelope.ts'
import { languageTag } from '../mail/language.ts'
import { ticketPattern } from '../mail/subject.ts'
import type { Reader } from './key.ts'
import { text } from './readers.ts'
import { scheduleFault } from './schedule.ts'

export const host = text(
  'a host name',
  'a host name or an IP address alone, as in imap.example.com',
  value => /^[A-Za-z0-9._-]{1,253}$/.test(value) || /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(value),
)

/** A folder of a mailbox, '/' between its levels. Wildcards of LIST (RFC 9051 §6.3.9) would make a name that nobody can ask for. */
export const folder = text(
  'a folder name',
  "a name with '/' between its levels, as in Mailclip/Held, without empty levels, * and %",
  value =>
    value.length <= 200 &&
    !/[\x00-\x1F\x7F*%]/.test(value) &&
    value.split('/').every(level => level.trim() !== '' && level !== '.' && level !== '..'),
)

/** A keyword or one of the flags that a person reads (RFC 9051 §2.3.2); \Deleted would throw mail away. */
export const imapFlag = text(
  'a flag',
  "'\\Flagged', '\\Answered', '\\Seen' or a keyword without spaces, as in MailclipBounced",
  value => /^\\(Flagged|Answered|Seen)$/i.test(value) || /^[A-Za-z0-9$_.:+-]{1,60}$/.test(value),
)

/** An addr-spec, as far as it can be told by its looks. */
const isAddress = (value: string): boolean => /^[^\s<>@"(),;]+@[^\s<>@"(),;]+$/.test(value)

export const sender = text(
  'an address',
  "an address, *@domain or '*'",
  value => value === '*' || isAddress(value.replace(/^\*@/, 'any@')),
)

/** `Support <support@example.com>` or the address alone. */
export const from: Reader<Address> = {
  is: 'an address',
  write: 'an address, with a name if you like: Support <support@example.com>',
  json: { type: 'string' },
  read: given => {
    const address = typeof given === 'string' ? parseMailbox(given) : undefined
    return address === undefined ? { wrong: `is not ${from.is}; write ${from.write}` } : { value: address }
  },
}

/** One that can stand in RCPT TO. */
export const oneAddress = text(
  'an address',
  'one address alone, as in ops@example.com',
  value => mailable(value) === value,
)

/** `08:00`, as minutes of the day. */
export const timeOfDay: Reader<number> = {
  is: 'a time of day',
  write: "hours and minutes, as in '08:00'",
  json: { type: 'string', pattern: '^([01]?[0-9]|2[0-3]):[0-5][0-9]$' },
  read: given => {
    const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(typeof given === 'string' ? given : '') ?? []
    return hours === undefined
      ? { wrong: `is not ${timeOfDay.is}; write ${timeOfDay.write}` }
      : { value: Number(hours) * 60 + Number(minutes) }
  },
}

export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** Where clamd listens. */
export const clamd: Reader<ClamdAddress> = {
  is: 'a clamd address',
  write: 'tcp://127.0.0.1:3310 or unix:/run/clamav/clamd.ctl',
  json: { type: 'string', pattern: '^(tcp://|unix:/)' },
  read: given => {
    const address = typeof given === 'string' ? clamdAddress(given) : undefined
    return address === undefined ? { wrong: `is not ${clamd.is}; write ${clamd.write}` } : { value: address }
  },
}

function clamdAddress(text: string): ClamdAddress | undefined {
  const [, path] = /^unix:(?:\/\/)?(\/.+)$/.exec(text) ?? []
  if (path !== undefined) return { path }
  const [, bracketed, plain, digits] = /^tcp:\/\/(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})\/?$/i.exec(text) ?? []
  const [host, port] = [bracketed ?? plain, Number(digits)]
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

/** Whether there are texts in it is known where they are read (cli/notice-templates.ts). */
export const noticeLanguage: Reader<string> = {
  is: 'a language',
  write: 'en, fr, de, es, it, nl, pt, auto, or the tag of a file of your own, as in sv or pt-BR',
  json: { type: 'string', pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' },
  read: given => {
    // No language is called auto: their names have two letters, three, or five and more.
    const tag = given === 'auto' ? given : typeof given === 'string' ? languageTag(given) : undefined
    return tag === undefined ? { wrong: `is not ${noticeLanguage.is}; write ${noticeLanguage.write}` } : { value: tag }
  },
}

export const extension = text('a file name extension', 'a dot and the extension, as in .exe', value =>
  /^\.[^\s./\\]{1,30}$/.test(value),
)

export const timezone = text('a time zone', 'a name of the IANA list, as in UTC or Europe/Paris', value => {
  // Every platform has it, and the first format of a process loads tables for a while: a fifth of what a health check takes.
  if (value === 'UTC') return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    return false // the platform's list is the only list, and this is how it says no
  }
})

export const cron: Reader<string> = judged('a schedule', "cron's five fields, or six with seconds first", scheduleFault)

export const pattern: Reader<string> = judged('a pattern', 'a regular expression', patternFault)

export const deskUrl: Reader<string> = judged('an address', 'https://HOST/api/v1/ACCOUNT', value => {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'is not an http address; write https://HOST/api/v1/ACCOUNT'
  if (url.username !== '' || url.password !== '') return 'holds credentials; write them as user and password beside it'
  return url.search !== '' || url.hash !== '' ? 'has a ? or a # in it; write https://HOST/api/v1/ACCOUNT' : undefined
})

/** Schemes that imapflow and the tunnel know. */
export const proxy: Reader<string> = judged('a proxy', 'socks5://HOST:PORT or http://HOST:PORT', value => {
  const url = URL.parse(value)
  return url !== null && /^(https?|socks(4a?|5)?):$/.test(url.protocol) && url.hostname !== ''
    ? undefined
    : 'is no proxy; write socks5://HOST:PORT (or socks4, socks4a) or http://HOST:PORT (or https)'
})

/** Secrets go there: encrypted, unless it is this machine. */
export const tokenUrl: Reader<string> = judged('an address', 'https://HOST/PATH', value => {
  const url = URL.parse(value)
  const fits =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+)$/.test(url.hostname))
  return fits ? undefined : 'is not an https address; write https://HOST/PATH'
})

/** The path of a `sqlite:` address. */
export const ledgerUrl: Reader<string> = judged('the address of a ledger', 'sqlite:FILE', value => {
  if (/^postgres(ql)?:/.test(value)) return postgresFault(value)
  return /^sqlite:(?!:memory:)./.test(value)
    ? undefined
    : 'is not a ledger; write sqlite:FILE, as in sqlite:data/mailclip.db'
})

function postgresFault(value: string): string | undefined {
  const url = URL.parse(value)
  const write = 'write postgres://USER@HOST/DATABASE'
  if (url === null || !/^postgres(ql)?:\/\//.test(value)) return `is not the address of a database; ${write}`
  if (url.hostname === '' || url.pathname.length < 2 || url.username === '')
    return `lacks user, host or database; ${write}`
  return url.search === '' && url.hash === '' ? undefined : `has a ? or a # in it; ${write}, and ledger.tls beside it`
}

function judged(is: string, write: string, fault: (value: string) => string | undefined): Reader<string> {
  const plain = text(is, write)
  return {
    ...plain,
    read: given => {
      const result = plain.read(given)
      if ('wrong' in result) return result
      const found = fault(result.value)
      return found === undefined ? result : { wrong: found, discreet: `is not ${is}; write ${write}` }
    },
  }
}

function patternFault(source: string): string | undefined {
  if (/\(\?<?[=!]/.test(source))
    return 'uses look-around, which the linear-time engine has not; leave it out: a number that touches a letter or a digit is never taken, the bounds are ours'
  if (/\\[1-9]|\\k</.test(source))
    return 'refers back to a group, which the linear-time engine has not; write the text out'
  try {
    const { engine } = ticketPattern(source)
    return engine.matcher('').find()
      ? 'finds a number where there is none; let it ask for at least one character'
      : undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `cannot be read: ${why}; see https://github.com/google/re2/wiki/Syntax`
  }
}
