/** How much a folder takes, and how much its disk has left. */
import { readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Octets of all files below it; 0 where it is not there. Files that vanish meanwhile do not count. */
export async function octetsBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(
    entries.filter(entry => entry.isFile()).map(entry => sizeOf(join(entry.parentPath, entry.name))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Octets that an ordinary user may still write where this path is or will be; undefined where nobody can tell. */
export async function octetsFree(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    return dirname(path) === path ? undefined : octetsFree(dirname(path))
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )
