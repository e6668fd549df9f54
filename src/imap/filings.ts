/**
 * Filings requested while the connection was busy are done together: of the commands that file a mail, most of the time goes into waiting for
 * the server, and one command can name many mails.
 */
import type { Filed, Filing } from '../gateway/ports.ts'
import type { Ref } from '../mail/ref.ts'
import type { Answer } from './filing.ts'
import { unlessAborted } from './turn.ts'

/** Mails in one command: bounds its length, and how many an end of the process leaves moved but not written down. */
const MOST = 50

/** Files these mails of one folder, all the same way, and tells what became of each; who is not told of has vanished. */
export type Together = (uids: readonly number[], tell: (uid: number, answer: Answer) => void) => Promise<void>

type Waiting = PromiseWithResolvers<'gone' | Filed> & { readonly signal: AbortSignal }

export class Filings {
  /** By folder, UIDVALIDITY and filing; closed when its turn comes. */
  readonly #open = new Map<string, Map<number, Waiting>>()

  /**
   * @param run waits for the connection, then files; called once for all that are requested until it comes to it.
   * An aborted signal lets the caller go at once; a mail whose turn has come by then is filed all the same.
   */
  file(
    ref: Ref,
    filing: Filing,
    signal: AbortSignal,
    run: (file: (together: Together) => Promise<void>) => Promise<void>,
  ): Promise<'gone' | Filed> {
    const key = JSON.stringify([ref.folder, ref.uidValidity, filing.folder, filing.flag])
    const open = this.#open.get(key)
    const waiting = { ...Promise.withResolvers<'gone' | Filed>(), signal }
    const group = open === undefined || open.size >= MOST || open.has(ref.uid) ? new Map<number, Waiting>() : open
    group.set(ref.uid, waiting)
    if (group !== open) {
      this.#open.set(key, group)
      const close = (): void => {
        if (this.#open.get(key) === group) this.#open.delete(key)
      }
      run(async together => {
        close()
        await fileAll(group, together)
      }).catch((error: unknown) => {
        close()
        for (const one of group.values()) one.reject(error)
      })
    }
    return unlessAborted(waiting.promise, signal)
  }
}

async function fileAll(group: ReadonlyMap<number, Waiting>, together: Together): Promise<void> {
  const wanted: number[] = []
  for (const [uid, { signal, reject }] of group)
    if (signal.aborted) reject(signal.reason)
    else wanted.push(uid)
  if (wanted.length === 0) return
  await together(wanted, (uid, answer) => {
    const waiting = group.get(uid)
    if (answer !== 'gone' && 'error' in answer) waiting?.reject(answer.error)
    else waiting?.resolve(answer)
  })
  for (const { resolve } of group.values()) resolve('gone')
}
