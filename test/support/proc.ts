/** What Linux tells of a process: memory, open files, time. A process that is gone has none of it. */
import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks a second, of every Linux there is. */
const TICKS = 100

/** Its children, not theirs. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  // Each thread has the children that it started itself.
  const lists = await Promise.all(
    threads.map(thread => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')),
  )
  return lists.flatMap(list => list.split(' ').filter(Boolean).map(Number))
}

/** Octets resident now. */
export const residentOf = (pid: number): Promise<number> => octetsIn(pid, 'VmRSS')

/** Octets resident at the most, so far. */
export const peakOf = (pid: number): Promise<number> => octetsIn(pid, 'VmHWM')

export const openFilesOf = async (pid: number): Promise<number> =>
  (await readdir(`/proc/${pid}/fd`).catch(() => [])).length

/** Seconds of CPU that it, and those of its children that have ended, have taken so far. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // A program's name may hold anything, a bracket too: what follows the last one are numbers (proc(5): utime is the 14th field).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0) / TICKS
}

async function octetsIn(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
}
