/**
 * The time the road goes by: the wall's, as long as nobody sets it. Quiet times, leases, due times and caps are differences, so a clock that is
 * set by days while the process lives would end or lengthen all of them at once (docs/thoughts.md).
 */

/** Milliseconds by which the wall may part from the time gone by between two looks; a correction as small as this is followed. */
const STEP = 2_000

/** Clocks that cannot be set, in milliseconds. */
export type Unset = {
  /** Asked for at every look; it may stand still while the machine sleeps. */
  readonly awake: () => number
  /** Asked for only when `awake` and the wall disagree, because it may be dear; it should count the time that the machine slept. */
  readonly uptime: () => number
}

/** @param onSet told once each time the wall is found set, with the milliseconds it is ahead (or, negative, behind) */
export function steady(wall: () => Date, { awake, uptime }: Unset, onSet: (ms: number) => void): () => Date {
  let [at, ran] = [wall().getTime(), awake()]
  let slept = uptime() - ran
  let apart = false
  return () => {
    const [seen, running] = [wall().getTime(), awake()]
    let expected = at + running - ran
    if (Math.abs(seen - expected) > STEP) {
      const sleeping = uptime() - running
      expected += sleeping - slept
      if (Math.abs(seen - expected) <= STEP) slept = sleeping
    }
    const ahead = seen - expected
    if (Math.abs(ahead) <= STEP) {
      at = seen
      ran = running
      apart = false
      return new Date(seen)
    }
    if (!apart) onSet(ahead)
    apart = true
    return new Date(expected)
  }
}
