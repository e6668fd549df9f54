/** Files that are there whole or not at all: made beside, linked into place, their name as durable as they are. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Lets `make` write a draft and puts it at `file` (0600, missing folders 0700), so that a crash leaves no half a file and two makers make one.
 * Resolves false when somebody else was first: then theirs stays. Rejects with the system's errors and those of `make`.
 */
export async function bornWhole(file: string, make: (draft: string) => void | Promise<void>): Promise<boolean> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const beside = mkdtempSync(`${file}.new-`)
  try {
    const draft = join(beside, 'draft')
    await make(draft)
    chmodSync(draft, 0o600)
    sync(draft)
    const created = link(draft, file)
    sync(dirname(file))
    return created
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return false
    // File systems without hard links: here two makers at the same instant are not told apart.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
    renameSync(draft, file)
    return true
  }
}

/** A file is only as durable as its name. */
function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
