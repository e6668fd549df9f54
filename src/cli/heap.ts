/**
 * The room that V8 takes: by itself the young generation grows to 128 MB under load and stays so, and the old one to several times what lives in it, in
 * a process whose mails lie on the disk.
 */
import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8'

/** Octets. With as much a sweep of thousands of mails takes no more time than with the whole: it still fits into the caches of a core. */
const ENOUGH = 8 * 1024 * 1024

/**
 * Percent and octets by which the old generation may outgrow what lives in it; by itself V8 waits until there is several times as much. The buffers of
 * large mails count towards it, when little else lives: with 100 % their octets cost a seventh more processor time. In a long backlog much lives.
 */
const GROWTH = 200
const MOST = 32 * 1024 * 1024

/**
 * WebAssembly is compiled a second time only where a function has this number, and none has. undici reads answers by a function of 33 kB, for which
 * V8 takes 0.2 s and 40 MB after the tenth answer; as it was compiled first it reads one in microseconds.
 */
const NONE = 1_000_000

/** Collections by which a start is over, and all that a daemon without mail does in a night. */
const START = 60

/**
 * Has what is dead cleaned up soon, and leaves the young generation as small as it begins (2 MB) until there is work, then lets it grow to what is
 * enough, and no further. `--max-semi-space-size` would say so, but V8 heeds that at its own start alone, and whoever types `mailclip` says nothing
 * to Node.js. By how much to grow it asks each time, and so it is told anew by what a collection has left.
 */
export function keepLean(): void {
  setFlagsFromString(`--wasm-tier-up-filter=${NONE}`)
  growOldBy(GROWTH)
  growYoungBy(1)
  let collections = 0
  let isEnough = false
  const observer = new PerformanceObserver(seen => {
    const entries = seen.getEntries()
    if (entries.some(isMajor)) growOldBy(Math.min(GROWTH, (100 * MOST) / getHeapStatistics().used_heap_size))
    collections += entries.length
    if (isEnough || collections < START) return
    isEnough = sizeOf('new_space') >= ENOUGH
    growYoungBy(isEnough ? 1 : 2)
  })
  observer.observe({ entryTypes: ['gc'] })
}

const isMajor = (entry: PerformanceEntry): boolean =>
  'detail' in entry && (entry.detail as NodeGCPerformanceDetail).kind === constants.NODE_PERFORMANCE_GC_MAJOR

const growOldBy = (percent: number): void => setFlagsFromString(`--heap-growing-percent=${Math.floor(percent)}`)

const growYoungBy = (factor: number): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`)

const sizeOf = (space: string): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === space)?.space_size ?? 0
