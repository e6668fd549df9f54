/** Small disks of one's own: what a full or read-only one does is hard to pretend. */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, onTestFinished } from 'vitest'
import { hasDovecot } from './dovecot-server.ts'

const run = promisify(execFile)

/** `describe` where Dovecot is installed and disks may be mounted (root, and not every container); elsewhere skipped loudly. */
export async function describeWithDisks(name: string, tests: () => void): Promise<void> {
  const able = hasDovecot && (await mayMount())
  if (!able) process.stderr.write(`SKIPPED: no disk may be mounted here: "${name}" proves nothing\n`)
  describe.skipIf(!able)(name, tests)
}

/** A disk of so many KiB, mounted at a folder that goes with the test. */
export async function disk(size: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-disk-'))
  await mount(folder, `size=${size}k`)
  onTestFinished(() => unmount(folder))
  return folder
}

/** `ro`, `rw`, `size=4096k`. */
export const remount = async (folder: string, how: string): Promise<void> => {
  await run('mount', ['-o', `remount,${how}`, folder])
}

/** Leaves not one page free; answers the file that has to go to make room. */
export async function fill(folder: string): Promise<string> {
  const file = join(folder, 'filler')
  await using handle = await open(file, 'w')
  for (let full = false; !full; )
    await handle.write(Buffer.alloc(4096)).catch(() => {
      full = true
    })
  return file
}

async function mayMount(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-disk-'))
  try {
    await mount(folder, 'size=64k')
    await unmount(folder)
    return true
  } catch {
    await rm(folder, { recursive: true, force: true })
    return false
  }
}

const mount = (folder: string, how: string) => run('mount', ['-t', 'tmpfs', '-o', how, 'tmpfs', folder])

async function unmount(folder: string): Promise<void> {
  // Whoever still has a file open there keeps it until it is closed.
  await run('umount', ['-l', folder])
  await rm(folder, { recursive: true, force: true })
}
