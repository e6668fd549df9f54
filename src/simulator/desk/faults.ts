/** Scripted misfortune: which request meets which fault, decided by counting, by chance or by ticket. */
import { z } from 'zod'

const schema = z.strictObject({
  /** `POST /requests/:rfc/documents`, `* /requests/:rfc`, `GET *` or `*`. */
  route: z.string().default('*'),
  /** Which of the matching requests, from 1. */
  nth: z.union([z.int().min(1), z.array(z.int().min(1)).readonly()]).optional(),
  probability: z.number().min(0).max(1).optional(),
  ticket: z.string().optional(),
  /** How often at most. */
  times: z.int().min(1).optional(),
  /** Before or after the request is carried out. */
  when: z.enum(['before', 'after']).default('before'),
  status: z.int().min(200).max(599).optional(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** Text as it is; anything else as JSON. */
  body: z.unknown().optional(),
  /** Milliseconds before the request is carried out (`before`) or before it is answered (`after`). */
  delay: z.number().min(0).optional(),
  /** `true` closes the connection instead of answering, `reset` resets it; a number closes it after that many octets of the answer's body. */
  cut: z.union([z.boolean(), z.literal('reset'), z.int().min(0)]).optional(),
  /** Milliseconds after which the request is carried out although it has been answered, or cut, long ago. */
  keepAfter: z.number().min(0).optional(),
  /** The answer comes one octet at a time, this many milliseconds apart. */
  drip: z.number().min(0).optional(),
  /** The fault strikes when this many octets of the request's body have come; without it the whole body is read first. */
  receive: z.int().min(0).optional(),
})

/** A fault as it is given. */
export type DeskFault = z.input<typeof schema>
/** A fault as it strikes. */
export type Strike = z.output<typeof schema>

/** Checks faults from outside. Throws RangeError that names the fault (from 0), the field and what is wrong. */
export function readFaults(value: unknown): readonly DeskFault[] {
  const read = z.array(schema).safeParse(value)
  if (read.success) return read.data
  throw new RangeError(
    read.error.issues.map(issue => `${issue.path.join('.') || 'faults'}: ${issue.message}`).join('; '),
  )
}

type Armed = Strike & { matched: number; struck: number }

export class Faults {
  readonly #routes: readonly string[]
  readonly #random: () => number
  #armed: readonly Armed[] = []

  /** `routes` are the desk's own, `METHOD /path/:parameter`; `random` answers in [0, 1). */
  constructor(routes: readonly string[], random: () => number) {
    this.#routes = routes
    this.#random = random
  }

  /** Replaces the faults and starts counting at 1. Throws RangeError for a malformed fault, or a route this desk does not have. */
  set(given: readonly DeskFault[]): void {
    const faults = z.array(schema).parse(readFaults(given))
    for (const { route } of faults) {
      if (this.#routes.some(one => covers(route, one))) continue
      throw new RangeError(`no route ${route}; there are ${this.#routes.join(', ')}`)
    }
    this.#armed = faults.map(fault => ({ ...fault, matched: 0, struck: 0 }))
  }

  /** What is armed, with how many requests matched and how many were struck. */
  list(): readonly Readonly<Armed>[] {
    return this.#armed
  }

  /** The first fault that strikes this request; all that match it count it. Call once for each request. */
  strike(route: string | undefined, ticket: string | undefined): Strike | undefined {
    const due = this.#armed.filter(fault => this.#matches(fault, route, ticket)).filter(fault => this.#isDue(fault))
    const fault = due[0]
    if (fault !== undefined) fault.struck += 1
    return fault
  }

  #matches(fault: Armed, route: string | undefined, ticket: string | undefined): boolean {
    const matches =
      (fault.ticket === undefined || fault.ticket.toUpperCase() === ticket) &&
      (fault.route === '*' || (route !== undefined && covers(fault.route, route)))
    if (matches) fault.matched += 1
    return matches
  }

  #isDue(fault: Armed): boolean {
    if (fault.times !== undefined && fault.struck >= fault.times) return false
    if (fault.nth !== undefined && ![fault.nth].flat().includes(fault.matched)) return false
    return fault.probability === undefined || this.#random() < fault.probability
  }
}

/** Whether a pattern means this route; parameters may have any name. */
export function covers(pattern: string, route: string): boolean {
  if (pattern === '*') return true
  const [method = '', path = ''] = plain(pattern)
  const [ownMethod, ownPath = ''] = plain(route)
  if (method !== '*' && method !== ownMethod) return false
  return path.endsWith('*') ? ownPath.startsWith(path.slice(0, -1)) : path === ownPath
}

const plain = (route: string): readonly string[] =>
  route
    .trim()
    .toUpperCase()
    .replace(/:\w+|\{\w+\}/g, ':')
    .split(/\s+/)

/** A small generator of chance that repeats itself for the same seed (mulberry32): numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), state | 1)
    const more = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32
  }
}
