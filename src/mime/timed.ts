/** Runs somebody else's synchronous code, against the clock where it may take long. */
import { createContext, Script } from 'node:vm'

// A context of its own for each call would cost more than the work.
const slot: { work: () => void } = { work: () => undefined }
const context = createContext(slot)
const script = new Script('work()')

/**
 * The answer of `work`, or undefined when it takes longer than `ms` milliseconds or throws: V8 stops it in the middle, also within a regular
 * expression that backtracks without end.
 */
export function timed<T>(ms: number, work: () => T): T | undefined {
  let answer: T | undefined
  slot.work = () => {
    answer = work()
  }
  try {
    script.runInContext(context, { timeout: ms })
    return answer
  } catch {
    return undefined
  } finally {
    slot.work = () => undefined
  }
}
