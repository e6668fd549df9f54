/** Runs somebody else's synchronous code against the clock. */
import { createContext, Script } from 'node:vm'

/**
 * The answer of `work`, or undefined when it takes longer than `ms` milliseconds or throws: V8 stops it in the middle, also within a regular
 * expression that backtracks without end.
 */
export function timed<T>(ms: number, work: () => T): T | undefined {
  const slot: { work: () => void; answer: T | undefined } = { answer: undefined, work: () => undefined }
  slot.work = () => {
    slot.answer = work()
  }
  try {
    new Script('work()').runInContext(createContext({ work: slot.work }), { timeout: ms })
    return slot.answer
  } catch {
    return undefined
  }
}
