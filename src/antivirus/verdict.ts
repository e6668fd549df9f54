/** What clamd's answer to INSTREAM means. */
import { Fault } from '../mail/fault.ts'

/** Undefined = clean; else the name of what was found. Anything else it says proves nothing: Fault 4.x of scope `mail`. */
export function verdictOf(answer: string): string | undefined {
  if (answer === 'stream: OK') return undefined
  const [, found] = /^stream: (.+) FOUND$/s.exec(answer) ?? []
  if (found !== undefined) return shown(found)
  if (/size limit exceeded/i.test(answer))
    throw new Fault('4.3.4', 'the virus scanner takes no file of this size (StreamMaxLength)', { cause: shown(answer) })
  throw new Fault('4.3.0', 'the virus scanner failed and did not say whether the file is clean', {
    cause: shown(answer),
  })
}

/** Names of signatures, without anything that could be markup or a line. */
const shown = (words: string): string => words.replace(/[^\w .:/()-]/g, '_').slice(0, 200)
