/** The senders whose mails ended a parser, the latest of them. */

/** Senders remembered at most; the one that offended longest ago is forgotten first. */
const MOST = 1_000

export class Offenders {
  readonly #senders = new Set<string>()

  add(sender: string): void {
    this.#senders.delete(sender)
    this.#senders.add(sender)
    const [oldest] = this.#senders
    if (this.#senders.size > MOST && oldest !== undefined) this.#senders.delete(oldest)
  }

  has(sender: string): boolean {
    return this.#senders.has(sender)
  }
}
