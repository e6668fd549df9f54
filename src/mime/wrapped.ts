/**
 * A multipart that declares an encoding as a whole, against RFC 2045 §6.4: SAP and some gateways
 * encode it so, others only say so.
 */
import { mkdir } from 'node:fs/promises'
import { type Leaf, type Wrapped, walk } from './leaves.ts'
import { Store } from './store.ts'
import { type Encoding, transferOf } from './transfer.ts'

export type Unwrapped = {
  readonly encoding: Encoding
  readonly leaves: readonly Leaf[]
  readonly doubts: readonly string[]
}

/** Bytes at the beginning that tell whether the content is encoded. */
const SAMPLE = 8192

/**
 * The leaves inside of `leaf`, in order, numbered as parts of the mail; `undefined` when no part is
 * found in it, encoded or not. Their bytes are kept beside those of `leaf`. Throws what `walk`
 * throws.
 */
export async function unwrap(leaf: Leaf, { contentType, encoding }: Wrapped): Promise<Unwrapped | undefined> {
  const ways: readonly Encoding[] = isPlain(leaf.store) ? ['identity', encoding] : [encoding, 'identity']
  for (const way of ways) {
    const folder = `${leaf.store.path}.${way}`
    await mkdir(folder, { mode: 0o700, recursive: true })
    const leaves: Leaf[] = []
    const { doubts } = await walk(decoded(leaf.store, contentType, way, folder), folder, async one => {
      if (one.unsplit && one.part === '1') one.store.drop()
      else leaves.push({ ...one, part: leaf.parent === undefined ? one.part : `${leaf.part}.${one.part}` })
    })
    if (leaves.length > 0) return { encoding: way, leaves, doubts }
  }
  return undefined
}

/** The header of a part stands there, and nothing in it is escaped. */
function isPlain(store: Store): boolean {
  const start = store.start(SAMPLE).toString('latin1')
  const at = start.search(/(?:^|\n)--[^\n]{1,1000}\ncontent-/i)
  if (at === -1) return false
  const header = start.slice(at + 1, start.length)
  return !/=3D/i.test(header.slice(0, header.search(/\r?\n\r?\n/)))
}

function decoded(store: Store, contentType: string, way: Encoding, folder: string): string {
  const whole = new Store(`${folder}/mail`)
  const transfer = transferOf(way, { bareCr: false })
  whole.write(Buffer.from(`Content-Type: ${contentType}\r\n\r\n`))
  for (const chunk of store.chunks()) whole.write(transfer.update(chunk))
  whole.write(transfer.end())
  return whole.keep()
}
