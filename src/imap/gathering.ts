/**
 * Requests that were made while the connection was busy are done together: most of the time of a command goes into waiting for the server, and one
 * command can name many mails.
 */
import { unlessAborted } from './turn.ts'

/** Mails in one command: bounds its length, and how many an end of the process leaves moved but not written down. */
const MOST = 50

type Waiting<Answer> = PromiseWithResolvers<Answer> & Pick<Request, 'signal' | 'messageId'>

type Group<Answer> = { readonly waiting: Map<number, Waiting<Answer>>; octets: number }

export type Request = {
  /** Only requests of one kind go together. */
  readonly kind: string
  readonly uid: number
  /** Of what is asked for, towards `octets` of the gathering. */
  readonly size?: number
  /** The mail's, for work that has to know it again. */
  readonly messageId?: string | undefined
  readonly signal: AbortSignal
}

/** Does it for these mails and tells each answer; whoever is not told of gets the one that `otherwise` stands for. `meant`: Message-IDs, as requested. */
export type Together<Answer> = (
  uids: readonly number[],
  tell: (uid: number, answer: Answer) => void,
  meant: (uid: number) => string | undefined,
) => Promise<void>

/** Waits for the connection, then works, or ends without. */
export type Run<Answer> = (work: (together: Together<Answer>) => Promise<void>) => Promise<void>

export class Gathering<Answer> {
  readonly #otherwise: Answer
  readonly #octets: number
  /** By kind; closed when its turn comes. */
  readonly #open = new Map<string, Group<Answer>>()

  /** `octets`: of all that one command asks for, at most. */
  constructor(otherwise: Answer, octets = Number.POSITIVE_INFINITY) {
    this.#otherwise = otherwise
    this.#octets = octets
  }

  /**
   * @param run called once for all that are requested until it comes to it
   * An aborted signal lets the caller go at once; when the turn has come by then, it is done all the same.
   */
  ask({ kind, uid, size = 0, signal, messageId }: Request, run: Run<Answer>): Promise<Answer> {
    const waiting = { ...Promise.withResolvers<Answer>(), signal, messageId }
    const open = this.#open.get(kind)
    if (open !== undefined && this.#hasRoom(open, uid, size)) {
      open.waiting.set(uid, waiting)
      open.octets += size
    } else this.#begin(kind, { waiting: new Map([[uid, waiting]]), octets: size }, run)
    return unlessAborted(waiting.promise, signal)
  }

  #hasRoom(group: Group<Answer>, uid: number, size: number): boolean {
    return group.waiting.size < MOST && !group.waiting.has(uid) && group.octets + size <= this.#octets
  }

  #begin(kind: string, group: Group<Answer>, run: Run<Answer>): void {
    this.#open.set(kind, group)
    const close = (): void => {
      if (this.#open.get(kind) === group) this.#open.delete(kind)
    }
    const waiting = (): Iterable<Waiting<Answer>> => {
      close()
      return group.waiting.values()
    }
    run(async together => {
      close()
      await workFor(group, together)
    }).then(
      () => {
        for (const { resolve } of waiting()) resolve(this.#otherwise)
      },
      (error: unknown) => {
        for (const { reject } of waiting()) reject(error)
      },
    )
  }
}

async function workFor<Answer>({ waiting }: Group<Answer>, together: Together<Answer>): Promise<void> {
  const wanted: number[] = []
  for (const [uid, { signal, reject }] of waiting)
    if (signal.aborted) reject(signal.reason)
    else wanted.push(uid)
  const tell = (uid: number, answer: Answer): void => waiting.get(uid)?.resolve(answer)
  if (wanted.length > 0) await together(wanted, tell, uid => waiting.get(uid)?.messageId)
}
