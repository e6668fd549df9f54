/** Bounds what the winmail.dat of one mail may hold, however many there are: nobody attaches a million files. */
import { unreadable } from './span.ts'

const FILES = 1000
const STEPS = 200_000

/** 1,000 files and 200,000 attributes and values in one mail. Once spent, each further call is a Fault 5.6.0 of scope `attachment`. */
export class Allowance {
  #files = FILES
  #steps = STEPS

  readonly file = (): void => {
    if (--this.#files < 0) throw unreadable(`more than ${FILES} files are inside`)
  }
  readonly step = (): void => {
    if (--this.#steps < 0) throw unreadable('it has more entries than anybody would write')
  }
}
