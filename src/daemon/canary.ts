/** Canaries: a mail of our own now and then goes the whole road, one at a time, and its end is told. */
import type { Books, MailRow } from '../gateway/books.ts'
import type { Event, Observe } from '../gateway/events.ts'
import type { Clock, Facts } from '../gateway/ports.ts'
import { isFault } from '../mail/fault.ts'
import { Bell } from './wakes.ts'

export type CanaryOptions = {
  /** Milliseconds between two. */
  readonly every: number
  /** A new one, unguessable, of letters and digits: in header, subject and file, so that the mail is known again by it. */
  readonly mark: () => string
  /** Throws faults; `applied: 'maybe'` when it may be on its way all the same. */
  readonly send: (mark: string) => Promise<void>
  readonly ledger: Facts & Pick<Books, 'search'>
  readonly clock: Clock
  readonly observe: Observe
}

/** One that is not on its ticket after so long is lost: a few sweeps and a desk that is slow are no alarm. Milliseconds. */
export const PATIENCE = 15 * 60_000
const LOOK_AGAIN = 5_000
const AFTER_TROUBLE = 60_000
const KEY = 'canary'

type State = {
  readonly mark: string
  /** ISO 8601. */
  readonly sentAt: string
  /** `begun`: it may not have been sent. */
  readonly stage: 'begun' | 'sent' | 'over'
  readonly success?: { readonly at: string; readonly ms: number }
}

/** Until `stop`. What fails is told as trouble and tried again: a canary must never end the daemon. */
export async function canaries(options: CanaryOptions, stop: AbortSignal): Promise<void> {
  await remind(options).catch(error => tell(error, options))
  while (!stop.aborted) {
    const wait = await step(options).catch(error => tell(error, options))
    await new Bell().wait(wait, stop)
  }
}

/** Does what is to be done now; resolves with the milliseconds until the next look. Throws ledger faults. */
export async function step(options: CanaryOptions): Promise<number> {
  const { ledger, clock, every } = options
  const known = await ledger.recall(KEY)
  const state = known === undefined ? undefined : (JSON.parse(known) as State)
  if (known !== undefined && state !== undefined && state.stage !== 'over') return watch(state, known, options)
  const due = state === undefined ? 0 : Date.parse(state.sentAt) + every
  const now = clock.now()
  return now.getTime() < due ? due - now.getTime() : send(state, known, options)
}

/** Written down, then sent; of several workers one sends. */
async function send(before: State | undefined, known: string | undefined, options: CanaryOptions): Promise<number> {
  const { ledger, clock, observe, mark } = options
  const at = clock.now()
  const begun: State = { ...before, mark: mark(), sentAt: at.toISOString(), stage: 'begun' }
  if (!(await ledger.exchange(KEY, known, JSON.stringify(begun)))) return LOOK_AGAIN
  try {
    await options.send(begun.mark)
  } catch (error) {
    if (!isFault(error)) throw error
    if (error.applied !== 'maybe') {
      await ledger.exchange(KEY, JSON.stringify(begun), JSON.stringify({ ...begun, stage: 'over' }))
      observe(failed(at, `it could not be sent: ${error.message}`))
      return LOOK_AGAIN
    }
  }
  await ledger.exchange(KEY, JSON.stringify(begun), JSON.stringify({ ...begun, stage: 'sent' }))
  observe({ kind: 'canary', result: 'sent', at, ms: undefined, reason: undefined })
  return LOOK_AGAIN
}

async function watch(state: State, known: string, { ledger, clock, observe }: CanaryOptions): Promise<number> {
  const now = clock.now()
  const since = new Date(Date.parse(state.sentAt) - PATIENCE)
  const { mails } = await ledger.search({ words: state.mark, within: 'subject', since, most: 1 })
  const end = endOf(mails[0], state, now)
  // Seldomer and seldomer: the ledger tells when it was concluded, and a search costs something.
  if (end === 'waits') return Math.max(LOOK_AGAIN, (now.getTime() - Date.parse(state.sentAt)) / 2)
  const success = end?.result === 'delivered' ? { at: end.at.toISOString(), ms: end.ms ?? 0 } : state.success
  const over: State = { ...state, stage: 'over', ...(success === undefined ? {} : { success }) }
  const isOurs = await ledger.exchange(KEY, known, JSON.stringify(over))
  if (isOurs && end !== undefined) observe(end)
  return LOOK_AGAIN
}

type CanaryEvent = Extract<Event, { kind: 'canary' }>

/** Undefined: it probably was never sent, for the process ended just then, and nothing is to be told. */
function endOf(mail: MailRow | undefined, { sentAt, stage }: State, now: Date): CanaryEvent | 'waits' | undefined {
  const at = mail?.concludedAt ? new Date(mail.concludedAt) : now
  const why = mail === undefined ? 'it has not come' : `${mail.state}, ${mail.status ?? ''} ${mail.reason ?? ''}`.trim()
  switch (mail?.state) {
    case 'delivered':
      return { ...failed(at, ''), result: 'delivered', ms: at.getTime() - Date.parse(sentAt), reason: undefined }
    case 'bounced':
    case 'discarded':
    case 'held':
      return failed(at, why)
    default:
      if (now.getTime() - Date.parse(sentAt) < PATIENCE) return 'waits'
      if (mail === undefined && stage === 'begun') return undefined
      return {
        ...failed(now, `not on its ticket ${PATIENCE / 60_000} minutes after it was sent: ${why}`),
        result: 'lost',
      }
  }
}

const failed = (at: Date, reason: string): CanaryEvent => ({
  kind: 'canary',
  result: 'failed',
  at,
  ms: undefined,
  reason,
})

/** The last success of an earlier start, so that its age goes on. */
async function remind({ ledger, observe }: CanaryOptions): Promise<void> {
  const { success } = JSON.parse((await ledger.recall(KEY)) ?? '{}') as Partial<State>
  if (success === undefined) return
  observe({ kind: 'canary', result: 'remembered', at: new Date(success.at), ms: success.ms, reason: undefined })
}

function tell(error: unknown, { observe }: CanaryOptions): number {
  if (isFault(error)) observe({ kind: 'trouble', what: 'canary', status: error.status, reason: error.message })
  else observe({ kind: 'bug', where: 'canary', error })
  return AFTER_TROUBLE
}
