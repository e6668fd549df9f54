/** A queue in which senders take turns: one mail of each, then the next of each (round robin). */

export type Queued = { readonly sender: string }

export class SenderQueue<T extends Queued> {
  /** In the order in which the senders have their next turns; mails of one sender as they came. */
  readonly #senders = new Map<string, T[]>()

  get size(): number {
    return this.#senders.values().reduce((sum, mails) => sum + mails.length, 0)
  }

  /** A sender that has no mail in the queue begins at its end. */
  add(item: T): void {
    const mails = this.#senders.get(item.sender)
    if (mails === undefined) this.#senders.set(item.sender, [item])
    else mails.push(item)
  }

  /**
   * The mail whose turn is next among those that `may`; it stays in the queue until it is removed.
   */
  next(may: (item: T) => boolean): T | undefined {
    for (const mails of this.#senders.values()) {
      const found = mails.find(may)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Its sender has had its turn, and goes behind all others. */
  take(item: T): void {
    const left = this.#without(item)
    this.#senders.delete(item.sender)
    if (left.length > 0) this.#senders.set(item.sender, left)
  }

  /** Called off: its sender keeps its turn. */
  remove(item: T): void {
    const left = this.#without(item)
    if (left.length > 0) this.#senders.set(item.sender, left)
    else this.#senders.delete(item.sender)
  }

  *[Symbol.iterator](): Generator<T> {
    for (const mails of this.#senders.values()) yield* mails
  }

  #without(item: T): T[] {
    return (this.#senders.get(item.sender) ?? []).filter(one => one !== item)
  }
}
