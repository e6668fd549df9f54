/** The mail on disk, fetched and parsed at the first need and once. */
import { Fault } from '../mail/fault.ts'
import type { ParsedMail } from '../mail/part.ts'
import { SUSPECTED, Suspected } from './calm.ts'
import type { Contents } from './delivery.ts'
import type { Berth, Claim, Mailbox } from './ports.ts'
import { mayTurnUp, Renumbered } from './renumbered.ts'
import type { Road } from './road.ts'

/** Parses of one mail that may end with the process, the last of them in a quiet one, before the mail is held. */
const MOST_PARSES = 3

/** One for all: an error made for each would carry a stack that nobody reads. */
const OVER = new Error('the attempt is over')

export class Opened implements AsyncDisposable {
  readonly #claim: Claim
  readonly #road: Road
  readonly #enough = new AbortController()
  readonly #signal: AbortSignal
  #mail: Promise<ParsedMail | 'gone'> | undefined

  constructor(claim: Claim, road: Road, signal: AbortSignal) {
    this.#claim = claim
    this.#road = road
    this.#signal = AbortSignal.any([signal, this.#enough.signal])
  }

  mail(): Promise<ParsedMail | 'gone'> {
    this.#mail ??= this.#open()
    return this.#mail
  }

  readonly contents: Contents = async (part, sha256) => {
    const mail = await this.mail()
    if (mail === 'gone') throw new Fault('5.2.0', 'somebody removed the mail before all its files were on the ticket')
    const found = [...mail.parts, mail.original].find(one => one.part === part)
    if (found?.file === undefined || found.sha256 !== sha256)
      throw new Fault('5.6.0', `part ${part} is not what it was when it was chosen`)
    return found.file
  }

  /** Nothing of this attempt may still write into the spool when the entry is concluded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#enough.abort(OVER)
    await this.#mail?.catch(() => undefined)
  }

  async #open(): Promise<ParsedMail | 'gone'> {
    const { spool, parser } = this.#road
    const { id, envelope } = this.#claim
    const berth = await spool.berth(id, envelope.size)
    if (berth.parses >= MOST_PARSES)
      throw new Fault('5.3.5', `the program ended ${berth.parses} times while it parsed this mail`)
    if (berth.parses >= SUSPECTED && this.#road.calmIn() > 0)
      throw new Suspected(
        `the program ended ${berth.parses} times while it parsed this mail; it is tried once more in peace`,
      )
    if (!berth.whole && (await this.#isGone(await this.#fetch(berth)))) return 'gone'
    return parser.parse(berth.raw, berth.folder, this.#signal, () => spool.parsing(berth))
  }

  async #isGone(fetched: Awaited<ReturnType<Mailbox['fetch']>>): Promise<boolean> {
    if (fetched !== 'void') return fetched === 'gone'
    const { ledger } = this.#road
    const { id, envelope } = this.#claim
    const { ref, fingerprint } = envelope
    const now = async () => (await ledger.twins(ref.mailbox, fingerprint)).find(twin => twin.id === id)?.ref
    if (!(await mayTurnUp(ledger, ref, now))) return true
    throw new Renumbered(`the mails in ${ref.folder} have new numbers: sight looks for it under them`)
  }

  /** The sink is opened when it is our turn: a mailbox that rests is not asked, and then nothing may be left open, or be expected. */
  #fetch(berth: Berth): ReturnType<Mailbox['fetch']> {
    const { spool, parser, askMailbox } = this.#road
    const { ref, size } = this.#claim.envelope
    return askMailbox(mailbox => {
      parser.expect()
      return mailbox.fetch(ref, spool.open(berth), this.#signal, size)
    })
  }
}
