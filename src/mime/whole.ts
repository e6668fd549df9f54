/** Tells a whole file, in a mail that was cut off, from one that lacks its end. */
import type { Store } from './store.ts'

/** Bytes at the end that are looked at. */
const TAIL = 64

/** How kinds of files begin, and what stands at their end, in latin1. */
const KINDS: readonly (readonly [start: string, end: RegExp])[] = [
  // ISO 32000-1 §7.5.5.
  ['%PDF', /%%EOF\s{0,8}$/],
  // PNG §11.2.5: the chunk and its CRC.
  ['\x89PNG', /\0\0\0\0IEND\xAE\x42\x60\x82$/],
  // ITU T.81 §B.1.1.3.
  ['\xFF\xD8\xFF', /\xFF\xD9$/],
  // APPNOTE §4.3.16, without a comment.
  ['PK\x03\x04', /PK\x05\x06[\s\S]{16}\0\0$/],
]

/** Whether the bytes end as files of their kind end; false for kinds without such an end. */
export function isWhole(store: Store): boolean {
  const head = store.start(4).toString('latin1')
  const end = KINDS.find(([start]) => head.startsWith(start))?.[1]
  return end?.test(tailOf(store)) === true
}

function tailOf(store: Store): string {
  let tail = ''
  for (const chunk of store.chunks()) tail = (tail + chunk.subarray(-TAIL).toString('latin1')).slice(-TAIL)
  return tail
}
