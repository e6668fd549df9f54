/** The ledger: every verb of the ports, writes through the group commit, reads of what is durable. */
import type { Account, Books, MailFilter, MailSearch, Places } from '../gateway/books.ts'
import type {
  Claim,
  Conclusion,
  Filed,
  ItemRecord,
  Ledger,
  Sighted,
  Site,
  Suspension,
  Unsettled,
} from '../gateway/ports.ts'
import type { Dispatch } from '../mail/dispatch.ts'
import type { Numbering, Ref } from '../mail/ref.ts'
import type { Because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import * as allowance from './allowance.ts'
import * as attempts from './attempts.ts'
import * as books from './books.ts'
import { heedClock, type Machine } from './clock.ts'
import { GroupCommit, type Write } from './commit.ts'
import { days } from './days.ts'
import { dispatch } from './dispatches.ts'
import type { Engine } from './engine.ts'
import * as entries from './entries.ts'
import { erasures, type Forgotten, forget } from './erasure.ts'
import * as operator from './operator.ts'
import { placed } from './places.ts'
import { isTaken } from './postgres-faults.ts'
import * as receipts from './receipts.ts'
import * as recognise from './recognise.ts'
import { lapse, recover, recoverForsaken, type Suspects } from './recovery.ts'
import { copiedAt, takeOver } from './restored.ts'
import { itemOf, itemsOf, rowOf } from './rows.ts'
import { search } from './search.ts'
import * as settlements from './settlements.ts'
import * as sites from './suspensions.ts'
import type { Db } from './tables.ts'
import { ticketOfThread } from './threads.ts'
import { trim } from './trim.ts'
import { endTurn, forsaken, renewTurn, type Turn, takeTurn } from './turns.ts'

export type LedgerOptions = {
  readonly clock: { now(): Date }
  /** Names this start of the process; never used twice. */
  readonly boot: string
  /** A new, unguessable lease at every call. */
  readonly token: () => string
  /** Milliseconds that a claim lasts without being renewed. */
  readonly lease: number
  /** Milliseconds that nothing waits longer than: what is due later was written under a clock that was ahead. */
  readonly horizon: number
  readonly caps: settlements.Caps
  readonly suspects: Suspects
  /** Undefined where a machine has no name for its boot: then a clock that was set before this start goes unnoticed. */
  readonly machine: () => Machine | undefined
}

/** Owns its engine and closes it. Its verbs keep the promises of the ports (gateway/ports.ts). */
export class SqlLedger implements Ledger, Books, Places, AsyncDisposable {
  readonly #engine: Engine
  readonly #options: LedgerOptions
  readonly #commit: GroupCommit
  #recovered = false
  /** Somebody's suspect waits until this instant for everything else to end, so that it can be tried alone. */
  #suspectWaits: { readonly mailbox: string; readonly until: number } | undefined

  constructor(engine: Engine, options: LedgerOptions) {
    this.#engine = engine
    this.#options = options
    this.#commit = new GroupCommit(engine)
  }

  /** It was not there before this start: what lies in the outcome folders may be on its tickets already. */
  get created(): boolean {
    return this.#engine.created
  }

  /** 32 random bytes in hex, made with the ledger and never shown. */
  get secret(): string {
    return this.#engine.secret
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commit.close()
    await this.#engine.close()
  }

  // ── entries ──

  known = (numbering: Numbering, uids: readonly number[]) => this.#read(db => entries.known(db, numbering, uids))

  cursor = (numbering: Numbering) => this.#read(db => entries.cursorOf(db, numbering))

  twins = (mailbox: string, fingerprint: string) => this.#read(db => recognise.twins(db, mailbox, fingerprint))

  record = (sighted: readonly Sighted[], cursor: Ref) =>
    this.#write(db => entries.record(db, sighted, cursor, this.#now()))

  disown = (numbering: Numbering) => this.#write(db => recognise.disown(db, numbering, this.#now()))

  recognise = (id: string, ref: Ref, again: boolean) =>
    this.#write(db => recognise.recognise(db, id, ref, again, this.#now()))

  ticketOfThread = (mailbox: string, messageIds: readonly string[]) =>
    this.#read(db => ticketOfThread(db, mailbox, messageIds))

  // ── attempts ──

  async claim(mailbox: string, now: Date): Promise<Claim | undefined> {
    const waits = this.#suspectWaits
    if (waits !== undefined && waits.mailbox !== mailbox && now.getTime() < waits.until) return undefined
    const { boot, token, horizon, lease: length } = this.#options
    const shared = !this.#engine.soleWorker
    const { claim, blocked } = await this.#recovering(
      async (db, time) =>
        attempts.claim(db, mailbox, { boot, token: token(), now: time, ours: now, length, shared, horizon }),
      now,
    )
    if (blocked) this.#suspectWaits = { mailbox, until: now.getTime() + length }
    else if (waits?.mailbox === mailbox) this.#suspectWaits = undefined
    return claim
  }

  suspects = (mailbox: string) => this.#read(db => attempts.suspects(db, mailbox))

  renew = (claim: Claim, now: Date) => this.#write(async db => attempts.renew(db, claim, await this.#leaseEnd(db, now)))

  dispatch = (claim: Claim, wanted: Dispatch, trace: readonly string[]): Promise<readonly ItemRecord[]> =>
    this.#write(db => dispatch(db, claim, wanted, trace, this.#now()))

  giveBack = (claim: Claim, due: Date | 'in turn', reason: string) =>
    this.#write(db => attempts.giveBack(db, claim, due, reason, this.#now()))

  conclude = (claim: Claim, conclusion: Conclusion, trace: readonly string[]) =>
    this.#write(db => attempts.conclude(db, claim, conclusion, trace, this.#now()))

  nextDue = (mailbox: string) => this.#read(db => attempts.nextDue(db, mailbox))

  // ── turns ──

  takeTurn = (turn: Turn, now: Date) =>
    this.#write(async db => takeTurn(db, turn, await this.#time(db, now), this.#options.lease))

  renewTurn = (turn: Turn, now: Date) => this.#write(async db => renewTurn(db, turn, await this.#leaseEnd(db, now)))

  endTurn = (turn: Turn) => this.#write(db => endTurn(db, turn))

  // ── receipts ──

  begin = (claim: Claim, item: number, snapshot: readonly string[] | undefined, now: Date) =>
    this.#write(db => receipts.begin(db, claim, item, snapshot, now))

  depart = (claim: Claim, item: number, now: Date) => this.#write(db => receipts.depart(db, claim, item, now))

  acknowledge = (claim: Claim, item: number) => this.#write(db => receipts.acknowledge(db, claim, item))

  deliver = (claim: Claim, item: number, documentId: string | undefined, now: Date): Promise<boolean> =>
    this.#write(db => receipts.deliver(db, claim, item, documentId, now)).catch((error: unknown) => {
      // Another replica was quicker by less than a transaction.
      if (documentId !== undefined && isTaken(error)) return false
      throw error
    })

  refuse = (claim: Claim, item: number, because: Because) =>
    this.#write(db => receipts.refuse(db, claim, item, because))

  skip = (claim: Claim, item: number, reason: string) => this.#write(db => receipts.skip(db, claim, item, reason))

  doubt = (claim: Claim, item: number, because: Because, now: Date) =>
    this.#write(db => receipts.doubt(db, claim, item, because, now))

  noteAbsence = (claim: Claim, item: number, now: Date) => this.#write(db => receipts.noteAbsence(db, claim, item, now))

  clear = (claim: Claim, item: number) => this.#write(db => receipts.clear(db, claim, item))

  reject = (claim: Claim, item: number) => this.#write(db => receipts.reject(db, claim, item))

  items = (id: string): Promise<readonly ItemRecord[]> =>
    this.#read(async db => (await itemsOf(db, rowOf(id) ?? 0)).map(itemOf))

  copied = (claim: Claim, item: ItemRecord, elsewhere: readonly string[]) =>
    this.#read(db => receipts.copied(db, claim, item, elsewhere))

  recurring = (hashes: readonly string[], except: readonly TicketNumber[], least: number) =>
    this.#read(db => receipts.recurring(db, hashes, except, least))

  held = (ticket: TicketNumber) => this.#read(db => receipts.held(db, ticket))

  inDoubt = (ticket: TicketNumber) => this.#read(db => receipts.inDoubt(db, ticket))

  // ── settlements ──

  async unsettled(mailbox: string, limit: number): Promise<readonly Unsettled[]> {
    if (!this.#recovered) await this.#recovering(async () => undefined, this.#now())
    if (!this.#engine.soleWorker) await this.#unforsake()
    return this.#read(db => settlements.unsettled(db, this.#due(), mailbox, limit))
  }

  unsettledOne = (id: string): Promise<Unsettled | undefined> =>
    this.#read(db => settlements.unsettledOne(db, this.#due(), rowOf(id) ?? 0))

  filed = (id: string, filed: Filed | undefined, now: Date) => this.#write(db => settlements.filed(db, id, filed, now))

  beginNotice = (row: number, now: Date) =>
    this.#write(async db => {
      await this.#engine.alone(db)
      return settlements.beginNotice(db, row, now, this.#options.caps, this.#options.boot)
    })

  endNotice = (
    row: number,
    state: 'sent' | 'failed' | 'unknown',
    reason: string | undefined,
    retryAt: Date | undefined,
  ) => this.#write(db => settlements.endNotice(db, row, { state, reason, retryAt }, this.#now()))

  // ── suspensions and facts ──

  suspended = (site: Site) => this.#read(db => sites.suspended(db, site))
  suspend = (suspension: Suspension) => this.#write(db => sites.suspend(db, suspension))
  resume = (site: Site) => this.#write(db => sites.resume(db, site))
  recall = (key: string) => this.#read(db => sites.recall(db, key))
  remember = (key: string, value: string) => this.#write(db => sites.remember(db, key, value))
  exchange = (key: string, before: string | undefined, value: string) =>
    this.#write(db => sites.exchange(db, key, before, value))

  spent = (mailbox: string, day: string) => this.#read(db => allowance.spent(db, mailbox, day))

  spend = (mailbox: string, day: string, octets: number) => this.#write(db => allowance.spend(db, mailbox, day, octets))

  // ── books ──

  list = (filter: MailFilter) => this.#pages(books.list(this.#engine.reader, filter))
  placed = (mailbox: string) => this.#pages(placed(this.#engine.reader, mailbox))

  show = (id: string) => this.#read(db => books.show(db, id))
  accounts = (): Promise<readonly Account[]> => this.#read(books.accounts)
  ages = (now: Date) => this.#read(db => books.ages(db, now))
  suspensions = () => this.#read(sites.suspensions)
  search = (wanted: MailSearch) => this.#read(db => search(db, wanted))
  days = (bounds: readonly Date[]) => this.#read(db => days(db, bounds))
  tally = (from: Date, to: Date) => this.#read(db => books.tally(db, from, to))
  heldMails = (after?: Date) => this.#read(db => books.heldMails(db, after))

  // ── the operator's corrections and housekeeping ──

  retry = (ids: readonly string[], options: operator.RetryOptions = {}, by?: string) =>
    this.#each(ids, (db, id) => operator.retry(db, id, options, this.#now(), by))

  hold = (ids: readonly string[], filing: operator.FilingFor, by?: string) =>
    this.#each(ids, (db, id) => operator.hold(db, id, filing, this.#now(), by))

  release = (ids: readonly string[], by?: string) =>
    this.#each(ids, (db, id) => operator.release(db, id, this.#now(), by))

  discard = (ids: readonly string[], filing: operator.FilingFor, by?: string) =>
    this.#each(ids, (db, id) => operator.discard(db, id, filing, this.#now(), by))

  note = (id: string, line: string) => this.#write(db => operator.note(db, id, line, this.#now()))
  envelopeOf = (id: string) => this.#read(db => operator.envelopeOf(db, id))

  /** Erases what is personal of one sender's mails that are over; works beside a worker. */
  async forget(address: string): Promise<Forgotten> {
    const forgotten = await this.#write(db => forget(db, address, this.#now()))
    await this.#engine.scrub()
    return forgotten
  }

  erasures = () => this.#read(erasures)

  /** When the backup was made that this ledger was restored from, until it is taken over. */
  copiedAt = () => this.#read(copiedAt)

  /** A restored ledger is worked with from here on: notices that waited in it are not sent. */
  takeOver = () => this.#write(db => takeOver(db, this.#now()))

  /** Ids of mails that are not final: what the spool has to keep. */
  unfinished = () => this.#read(entries.unfinished)

  /** Trims what was settled more than `keep` milliseconds ago; resolves with how many mails that were. */
  async trim(now: Date, keep: number): Promise<number> {
    let trimmed = 0
    for (;;) {
      const batch = await this.#write(db => trim(db, now, keep))
      if (batch === 0) return trimmed
      trimmed += batch
    }
  }

  /** Fault 4.3.1 when nothing can be written now. */
  probe = () => this.#write(db => sites.remember(db, 'probed', this.#now().toISOString()))

  #now(): Date {
    return this.#options.clock.now()
  }

  #due(): settlements.Due {
    const now = this.#now().getTime()
    return { now, beyond: now + this.#options.horizon }
  }

  #write<T>(write: Write<T>): Promise<T> {
    return this.#commit.write(write)
  }

  async #read<T>(read: Write<T>): Promise<T> {
    try {
      return await read(this.#engine.reader)
    } catch (error) {
      throw this.#engine.fault(error) ?? error
    }
  }

  async *#pages<T>(pages: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* pages
    } catch (error) {
      throw this.#engine.fault(error) ?? error
    }
  }

  /** What an earlier start left behind is told apart before anything else is done: once, by the one worker; of replicas, whatever has lapsed, each time. */
  async #recovering<T>(write: (db: Db, time: Date) => Promise<T>, now: Date): Promise<T> {
    const { boot, suspects, machine } = this.#options
    const { soleWorker } = this.#engine
    const first = !this.#recovered
    const result = await this.#write(async db => {
      const time = await this.#time(db, now)
      if (first) await heedClock(db, machine(), now)
      if (!soleWorker) await lapse(db, boot, time, suspects, first)
      else if (first) await recover(db, boot, time, suspects)
      return write(db, time)
    })
    this.#recovered = true
    return result
  }

  /** Notices of replicas that are gone. Mostly there are none, and nothing is written. */
  async #unforsake(): Promise<void> {
    const found = await this.#read(async db => forsaken(db, await this.#time(db, this.#now())).executeTakeFirst())
    if (found !== undefined) await this.#write(async db => recoverForsaken(db, await this.#time(db, this.#now())))
  }

  /** All replicas go by the database's clock where leases are concerned. */
  async #time(db: Db, now: Date): Promise<Date> {
    return (await this.#engine.now?.(db)) ?? now
  }

  async #leaseEnd(db: Db, now: Date): Promise<Date> {
    return new Date((await this.#time(db, now)).getTime() + this.#options.lease)
  }

  #each(
    ids: readonly string[],
    correct: (db: Parameters<Write<unknown>>[0], id: string) => Promise<operator.Corrected>,
  ) {
    return Promise.all(ids.map(id => this.#write(db => correct(db, id))))
  }
}
