/** The log: one line per event on standard output, JSON for machines or aligned for people; no secret, no body, no line break of a stranger's. */
import winston from 'winston'
import type { Event } from '../gateway/events.ts'
import type { Clock } from '../gateway/ports.ts'
import { type Level, lineOf } from './lines.ts'
import { type Plain, plain } from './plain.ts'
import { pretty } from './pretty.ts'
import { redactor } from './redact.ts'

export type LogOptions = {
  readonly level: Level
  readonly format: 'json' | 'pretty'
  /** Every secret the process knows; masked wherever it turns up. */
  readonly secrets: readonly string[]
  /** Default: standard output. */
  readonly stream?: NodeJS.WritableStream
  readonly clock?: Clock
  /** Only `pretty`; default: whether the stream is a terminal. */
  readonly colour?: boolean
}

export type Log = {
  /** One line; never throws, never waits. */
  readonly observe: (event: Event) => void
  /** A line that is no event of the road: a start, an address, a library's warning. */
  readonly write: (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void
  /** A secret that was not known at the start: a token. Masked from now on. */
  readonly hide: (secret: string) => void
  /** Resolves when all lines have left the process or cannot any more; further lines are dropped. Twice is fine. */
  readonly close: () => Promise<void>
}

/** Where winston's transports look for the finished line. */
const MESSAGE = Symbol.for('message')
const TOKENS = 50
/** A reader that has stopped reading does not keep the process. */
const LAST_WORDS = 2_000

export function createLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stdout
  // A reader that went away (EPIPE) is no reason to end: the log is lost, the mail is not.
  stream.on('error', () => {})
  const logger = winston.createLogger({
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    level: options.level,
    // The line comes finished; winston's own formats lose causes and stacks.
    format: winston.format(line => line)(),
    transports: [new winston.transports.Stream({ stream: stream as NodeJS.WriteStream, eol: '\n' })],
  })
  logger.on('error', () => {})
  const secrets = [...options.secrets]
  let redact = redactor(secrets)
  const print = printer(options, stream, text => redact(text))
  let open = true
  const write: Log['write'] = (level, event, fields = {}) => {
    if (!open || !logger.isLevelEnabled(level)) return
    try {
      logger.log({ level, message: event, [MESSAGE]: print(level, event, fields) })
    } catch {
      // Observers must not throw (gateway/events.ts); a line that cannot be written has nowhere to be told.
    }
  }
  return {
    write,
    hide: secret => {
      if (secrets.includes(secret)) return
      secrets.push(secret)
      // Tokens live an hour: the newest are enough, and the pattern must not grow for ever.
      if (secrets.length > options.secrets.length + TOKENS) secrets.splice(options.secrets.length, 1)
      redact = redactor(secrets)
    },
    observe: event => {
      const { level, event: name, fields } = lineOf(event)
      write(level, name, fields)
    },
    close: async () => {
      if (!open) return
      open = false
      await ended(logger, stream)
    },
  }
}

function printer(options: LogOptions, stream: NodeJS.WritableStream, redact: (text: string) => string) {
  const now = options.clock?.now.bind(options.clock) ?? (() => new Date())
  const colour = options.colour ?? ('isTTY' in stream && stream.isTTY === true)
  return (level: Level, event: string, fields: Readonly<Record<string, unknown>>): string => {
    const told = plain(fields, redact)
    const frame = { time: now().toISOString(), level, event }
    // First for the eye, last for the truth: a field of the same name must not forge the frame.
    const line: Readonly<Record<string, Plain>> = { ...frame, ...(isRecord(told) ? told : {}), ...frame }
    return options.format === 'json' ? json(line) : pretty(line, colour)
  }
}

const isRecord = (value: Plain): value is { readonly [key: string]: Plain } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What JSON leaves as it is but terminals and line readers do not: DEL, C1, line and paragraph separators, bidirectional controls. */
const json = (line: Readonly<Record<string, Plain>>): string =>
  JSON.stringify(line).replace(
    /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

async function ended(logger: winston.Logger, stream: NodeJS.WritableStream): Promise<void> {
  const finished = new Promise<void>(resolve => logger.once('finish', resolve))
  logger.end()
  await finished
  if (!stream.writable) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, LAST_WORDS)
  stream.once('error', () => resolve())
  stream.write('', () => resolve())
  await promise
  clearTimeout(timer)
}
