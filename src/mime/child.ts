/** The parser's own process: reads one mail at a time and answers by message; whatever it suffers, the daemon does not. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import type { OtherFile } from '../mail/doubts.ts'
import { type Fault, isFault } from '../mail/fault.ts'
import type { ParsedMail } from '../mail/part.ts'
import type { Status } from '../mail/status.ts'
import { readMail } from './read.ts'
import { attachmentsIn } from './second-opinion.ts'

export type Job =
  | { readonly kind: 'parse'; readonly raw: string; readonly folder: string }
  | { readonly kind: 'opinion'; readonly raw: string }

export type Answer =
  | { readonly kind: 'ready' }
  /** From here on an end of the child may be the mail's doing. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'parsed'; readonly mail: ParsedMail }
  | { readonly kind: 'opinion'; readonly files: readonly OtherFile[] }
  | {
      readonly kind: 'fault'
      readonly status: Status
      readonly reason: string
      readonly scope: Fault['scope']
      readonly cause?: string
    }

/**
 * Percent by which the heap may outgrow what lives in it, and octets it must be allowed to have for that. The buffers that have gone by count towards it, and by
 * itself V8 marks the heap anew so often that it takes a tenth of a large mail's time; where memory is short, it had better.
 */
const GROWTH = 200
const ROOMY = 128 * 2 ** 20
if (getHeapStatistics().heap_size_limit > ROOMY) setFlagsFromString(`--heap-growing-percent=${GROWTH}`)

// Terminals, systemd and Docker signal the whole group: the daemon decides when its parser ends, and a mail must not seem to have killed it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('disconnect', () => process.exit(0))

process.on('message', (job: Job) => {
  answer({ kind: 'taken' })
  work(job).then(answer, (error: unknown) => answer(faultOf(error)))
})
answer({ kind: 'ready' })

async function work(job: Job): Promise<Answer> {
  if (job.kind === 'parse') return { kind: 'parsed', mail: await readMail(job.raw, job.folder) }
  return { kind: 'opinion', files: await attachmentsIn(job.raw) }
}

function answer(message: Answer): void {
  process.send?.(message)
}

/** What the disk or the machine refuses is no fault of the mail. */
function faultOf(error: unknown): Answer {
  if (isFault(error)) return { kind: 'fault', status: error.status, reason: error.message, scope: error.scope }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { kind: 'fault', status: '4.3.1', reason: 'the spool is full', scope: 'ledger' }
  if (error instanceof Error && 'syscall' in error)
    return { kind: 'fault', status: '4.3.0', reason: `the spool failed with ${code}`, scope: 'mail' }
  return { kind: 'fault', status: '5.6.0', reason: 'the mail cannot be parsed', scope: 'mail', cause: whereOf(error) }
}

/** Where it went wrong, without the message: that may quote the mail. */
function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  return [error.name, ...frames.slice(0, 3)].join(' ').replace(/\s+/g, ' ')
}
