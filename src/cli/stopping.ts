/** An orderly stop: the first signal begins nothing more, what is under way has `drain` to end, the second signal ends at once. */
import type { Signals } from '../gateway/road.ts'
import type { World } from './world.ts'

export type Stopping = Signals & {
  /** The same end from within, for who cannot go on; twice is fine. */
  readonly end: () => void
}

/** @param drain milliseconds until a longer upload is cut (it becomes uncertain and is looked for later) */
export function stopSignals({ onStop, abandon }: Pick<World, 'onStop' | 'abandon'>, drain: number): Stopping {
  const stop = new AbortController()
  const cut = new AbortController()
  const end = (): void => {
    if (stop.signal.aborted) return
    stop.abort(new Error('an orderly stop'))
    setTimeout(() => cut.abort(new Error('the time to drain is over')), drain).unref()
  }
  let isTold = false
  onStop(() => {
    if (isTold) return abandon(0)
    isTold = true
    end()
  })
  return { stop: stop.signal, cut: cut.signal, end }
}
