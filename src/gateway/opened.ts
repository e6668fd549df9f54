/** The mail on disk, fetched and parsed at the first need and once. */
import type { SecondOpinion } from '../mail/doubts.ts'
import { type Envelope, fingerprint } from '../mail/envelope.ts'
import { Fault } from '../mail/fault.ts'
import { headerOf } from '../mail/header.ts'
import type { ParsedMail } from '../mail/part.ts'
import type { Ref } from '../mail/ref.ts'
import { SUSPECTED, Suspected } from './calm.ts'
import type { Contents } from './delivery.ts'
import type { Berth, Claim, Mailbox } from './ports.ts'
import { isLookedInto, mayTurnUp, Renumbered, voidUnlessMoved } from './renumbered.ts'
import type { Road } from './road.ts'

/** Parses of one mail that may end with the process, the last of them in a quiet one, before the mail is held. */
const MOST_PARSES = 3

/** One for all: an error made for each would carry a stack that nobody reads. */
const OVER = new Error('the attempt is over')

/** Thrown where a mail that was filed is not to be found any more: only a person can tell where it is. */
export class Misplaced extends Error {}

export class Opened implements AsyncDisposable {
  readonly #claim: Claim
  readonly #road: Road
  readonly #enough = new AbortController()
  readonly #signal: AbortSignal
  #mail: Promise<ParsedMail | 'gone'> | undefined
  #raw: string | undefined

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

  /** What another parser finds in the mail that was fetched for `mail`; `failed` where it is gone. */
  async secondOpinion(): Promise<SecondOpinion> {
    const { parser } = this.#road
    if ((await this.mail()) === 'gone' || this.#raw === undefined) return { kind: 'failed', reason: 'the mail is gone' }
    return parser.secondOpinion({ raw: this.#raw, sender: this.#claim.envelope.from?.address }, this.#signal)
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
    // A program that ended between a fetch and the look at what was fetched has left it unlooked at. What the server shows now says nothing of it.
    const isOurs = berth.whole && isKnown(headerOf(await spool.head(berth)), this.#claim.envelope, this.#road)
    if (!isOurs && (await this.#isGone(await this.#fetch(berth)))) return 'gone'
    this.#raw = berth.raw
    const job = { raw: berth.raw, folder: berth.folder, sender: envelope.from?.address }
    return parser.parse(job, this.#signal, () => spool.parsing(berth))
  }

  /** Throws `Renumbered` when what was fetched is not this mail, or this mail may lie under another number. */
  async #isGone(fetched: Awaited<ReturnType<Mailbox['fetch']>>): Promise<boolean> {
    const { ref } = this.#claim.envelope
    const { ledger, spool } = this.#road
    if (fetched === 'gone') return true
    if (fetched !== 'void') {
      let isOurs = false
      try {
        isOurs = await this.#isOurs(fetched.header)
      } finally {
        // What is another mail's, or may be, must not be taken for this one's at the next try.
        if (!isOurs) await spool.clear(this.#claim.id)
      }
      if (isOurs) return false
      // Sight does not come by the folders that mails are filed in.
      if (!(await isLookedInto(ledger, ref)))
        throw new Misplaced(
          `another mail has its number in ${ref.folder} now: put back into the watched folder, it is tried again`,
        )
      await voidUnlessMoved(this.#road, ref, () => this.#refNow())
    } else if (!(await mayTurnUp(ledger, ref, () => this.#refNow()))) return true
    throw new Renumbered(`the mails in ${ref.folder} have new numbers: sight looks for it under them`)
  }

  /**
   * A server that numbers anew under the UIDVALIDITY it had hands out another mail. Others write into the header as they hand it out, or begin BODY[]
   * otherwise than BODY[HEADER], which is asked for again then.
   */
  async #isOurs(header: Uint8Array): Promise<boolean> {
    const { ref, fingerprint: known } = this.#claim.envelope
    if (isKnown(header, this.#claim.envelope, this.#road)) return true
    if (!(await isLookedInto(this.#road.ledger, ref))) return isLike(header, this.#claim.envelope, this.#road)
    const [sighting] = await this.#road.askMailbox(mailbox => mailbox.sight([ref.uid], this.#signal))
    return sighting !== undefined && fingerprint(ref.mailbox, sighting.header) === known
  }

  async #refNow(): Promise<Ref | undefined> {
    const { id, envelope } = this.#claim
    return (await this.#road.ledger.twins(envelope.ref.mailbox, envelope.fingerprint)).find(twin => twin.id === id)?.ref
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

/** Whether a header that was handed out under this mail's number is its own. */
export function isKnown(header: Uint8Array, envelope: Envelope, { readHeader }: Pick<Road, 'readHeader'>): boolean {
  const { ref, fingerprint: known, messageId } = envelope
  if (fingerprint(ref.mailbox, header) === known) return true
  // Its own field: every answer to it names it in others.
  return messageId !== undefined && readHeader(header).messageId === messageId
}

/** All that is left to go by where a header that was rewritten has no Message-ID. */
export function isLike(header: Uint8Array, envelope: Envelope, { readHeader }: Pick<Road, 'readHeader'>): boolean {
  const { messageId, subject, from } = envelope
  const found = readHeader(header)
  return (
    messageId === undefined &&
    found.messageId === undefined &&
    found.subject === subject &&
    found.from?.address === from?.address
  )
}
