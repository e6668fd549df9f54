/**
 * Knowing a mail again under a new ref: after a change of UIDVALIDITY, a renumbering, or because a person dragged it back.
 * Two refs that are there at once are two mails, for a scanner's headers repeat (docs/overview.md).
 */
import type { Envelope } from '../mail/envelope.ts'
import type { Numbering } from '../mail/ref.ts'
import type { Twin } from './ports.ts'
import type { Road } from './road.ts'

/** Knows mails of one sight again: each that was known before it at most once. */
export class Recogniser {
  readonly #road: Road
  readonly #numbering: Numbering
  readonly #signal: AbortSignal
  readonly #taken = new Set<string>()
  #present: Promise<ReadonlySet<number>> | undefined

  constructor(road: Road, numbering: Numbering, signal: AbortSignal) {
    this.#road = road
    this.#numbering = numbering
    this.#signal = signal
  }

  /** What this sight has recorded was there with all that it is still to see, wherever we have moved it by then. */
  recorded(ids: readonly string[]): void {
    for (const id of ids) this.#taken.add(id)
  }

  /** Resolves true when the mail was recognised, and its entry moved to the new ref. */
  async recognise({ ref, fingerprint, size }: Envelope): Promise<boolean> {
    const { ledger, observe } = this.#road
    const twin = await this.#twinOf(ref.mailbox, fingerprint)
    if (twin === undefined) return false
    this.#taken.add(twin.id)
    const again = twin.filedAway || twin.gone
    await ledger.recognise(twin.id, ref, again)
    observe({ kind: 'sighted', id: twin.id, ref, size, again })
    return true
  }

  async #twinOf(mailbox: string, fingerprint: string): Promise<Twin | undefined> {
    const twins = async () => (await this.#road.ledger.twins(mailbox, fingerprint)).toSorted(goneLast)
    const found = await twins()
    if (!found.some(twin => this.#isNumberedAlike(twin))) return found.find(({ id }) => !this.#taken.has(id))
    this.#present ??= this.#road.mailbox.uids(0, this.#signal).then(uids => new Set(uids))
    const present = await this.#present
    // Read after the mailbox: what is not there and not in our hands by now has been taken away by somebody else, or lies where we filed it.
    return (await twins()).find(
      twin => !this.#taken.has(twin.id) && !(this.#isNumberedAlike(twin) && (twin.inHand || present.has(twin.ref.uid))),
    )
  }

  #isNumberedAlike({ ref }: Twin): boolean {
    return ref.folder === this.#numbering.folder && ref.uidValidity === this.#numbering.uidValidity
  }
}

/** What lies where we filed it is the likelier one to have been dragged back, and it is known what of it is on its ticket. */
const goneLast = (a: Twin, b: Twin): number => Number(a.gone) - Number(b.gone)
