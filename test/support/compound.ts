/** Compound files (MS-CFB) for tests: streams at the root, and streams in one storage. */

const SECTOR = 512
const END = 0xfffffffe
const FREE = 0xffffffff

/** Streams shorter than 4,096 bytes are filled up, unless they are `small`: those are kept in mini sectors. */
export function compound(
  streams: Readonly<Record<string, Buffer>>,
  inside: readonly string[] = [],
  small: Readonly<Record<string, Buffer>> = {},
): Buffer {
  const next: number[] = []
  const sectors: Buffer[] = []
  const put = (content: Buffer): number => {
    const first = sectors.length
    for (let at = 0; at < Math.max(1, content.length); at += SECTOR) {
      const sector = Buffer.alloc(SECTOR)
      content.copy(sector, 0, at, at + SECTOR)
      sectors.push(sector)
      next.push(sectors.length)
    }
    next[sectors.length - 1] = END
    return first
  }
  const large = Object.entries(streams).map(([name, content]) => {
    const full = content.length < 4096 ? Buffer.concat([content, Buffer.alloc(4096 - content.length)]) : content
    return { name, sector: put(full), size: full.length }
  })
  let mini = Buffer.alloc(0)
  const little = Object.entries(small).map(([name, content]) => {
    const sector = mini.length / 64
    mini = Buffer.concat([mini, content, Buffer.alloc((64 - (content.length % 64)) % 64)])
    return { name, sector, size: content.length }
  })
  const root = mini.length === 0 ? END : put(mini)
  const top = [...large, ...little]
  const storage = top.length + 1
  // Each entry has the next one on its right: a tree that is a list.
  const entries = [
    entry('Root Entry', 5, FREE, top.length > 0 ? 1 : storage, root, mini.length),
    ...top.map(({ name, sector, size }, n) => entry(name, 2, n + 2, FREE, sector, size)),
    entry('Storage', 1, FREE, inside.length > 0 ? storage + 1 : FREE, 0, 0),
    ...inside.map((name, n) => entry(name, 2, n + 1 < inside.length ? storage + n + 2 : FREE, FREE, 0, 4096)),
  ]
  const directory = put(Buffer.concat(entries))
  const table = sectors.length
  next.push(0xfffffffd)
  const fat = Buffer.alloc(SECTOR, 0xff)
  next.forEach((sector, n) => void fat.writeUInt32LE(sector, 4 * n))
  const header = Buffer.alloc(SECTOR, 0xff)
  Buffer.alloc(0x4c).copy(header)
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header)
  header.writeUInt16LE(9, 0x1e)
  header.writeUInt32LE(directory, 0x30)
  header.writeUInt32LE(4096, 0x38)
  header.writeUInt32LE(table, 0x4c)
  return Buffer.concat([header, ...sectors, fat])
}

function entry(name: string, kind: number, right: number, child: number, sector: number, size: number): Buffer {
  const bytes = Buffer.alloc(128)
  bytes.write(name, 'utf16le')
  bytes.writeUInt16LE(2 * name.length + 2, 64)
  bytes.writeUInt8(kind, 66)
  bytes.writeUInt32LE(FREE, 68)
  bytes.writeUInt32LE(right, 72)
  bytes.writeUInt32LE(child, 76)
  bytes.writeUInt32LE(sector, 116)
  bytes.writeUInt32LE(size, 120)
  return bytes
}
