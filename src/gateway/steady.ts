/**
 * The time the road goes by: the wall's, as long as nobody sets it. Quiet times, leases, due times and caps are differences, so a clock that is
 * set by days while the process lives would end or lengthen all of them at once (docs/thoughts.md).
 */

/** Milliseconds by which the wall may part from the time gone by between two looks; a correction as small as this is followed. */
const STEP = 2_000

/**
 * @param uptime milliseconds by a clock that cannot be set; it should count the time that the machine slept
 * @param onSet told once each time the wall is found set, with the milliseconds it is ahead (or, negative, behind)
 */
export function steady(wall: () => Date, uptime: () => number, onSet: (ms: number) => void): () => Date {
  let [at, up] = [wall().getTime(), uptime()]
  let apart = false
  return () => {
    const [seen, lived] = [wall().getTime(), uptime()]
    const expected = at + lived - up
    const ahead = seen - expected
    if (Math.abs(ahead) <= STEP) {
      at = seen
      up = lived
      apart = false
      return new Date(seen)
    }
    if (!apart) onSet(ahead)
    apart = true
    return new Date(expected)
  }
}
