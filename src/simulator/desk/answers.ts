/** What the desk says, in the shapes public clients have met (docs/desk-simulator.md). */
import type { Switches } from './switches.ts'

/** Octets to be answered that are not in memory. */
export type Stream = { readonly size: number; open(): AsyncIterable<Buffer> }

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Buffer | Stream
  /** Breaks the connection instead. */
  readonly reset?: boolean
}

export const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: Buffer.from(JSON.stringify(value)),
})

export const html = (status: number, title: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: Buffer.from(`<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1></body>\r\n</html>\r\n`),
})

export const nothing = (status: number): Answer => ({ status, headers: {}, body: Buffer.alloc(0) })

export const unauthorized = (): Answer => json(401, { error: 'Invalid Login / Password' })

export const forbidden = (): Answer => json(403, { error: 'Unauthorized Method for your profile' })

export const notFound = ({ notFound: status }: Pick<Switches, 'notFound'>): Answer =>
  json(status, { error: 'Resource not found' })

/** EasyVista's own status: it has refused, or so it says; the request may have been carried out all the same. */
export function refused({ shape590 }: Pick<Switches, 'shape590'>, error: string): Answer {
  const inner = JSON.stringify({ error, error_code: 2013 })
  switch (shape590) {
    case 'plain':
      return json(590, { error, error_code: 2013 })
    case 'nested':
      return json(590, { message: inner })
    case 'trailing':
      return json(590, {
        message: `${inner} (2013-628f825d9471b)`,
        correlationId: '11111',
        dataError: '',
        exception: [],
      })
    case 'unescaped':
      return { ...json(590, ''), body: Buffer.from(`{"message":"${inner}"}`) }
    default:
      return shape590 satisfies never
  }
}

export const tooLarge = ({ tooLarge: how }: Pick<Switches, 'tooLarge'>): Answer => ({
  ...html(413, '413 Request Entity Too Large', { connection: 'close' }),
  reset: how === 'reset',
})

/** What the front server says while the desk is being worked on; undefined when it is not. */
export function maintenance({ maintenance: how }: Pick<Switches, 'maintenance'>): Answer | undefined {
  const title = 'Service Manager is under maintenance'
  if (how === '503') return html(503, title)
  if (how === '302') return html(302, 'Found', { location: '/maintenance.html' })
  return how === '200' ? html(200, title) : undefined
}

/** The rate limit's answer; undefined when there is none. */
export function throttled({ throttled: how }: Pick<Switches, 'throttled'>): Answer | undefined {
  if (how === 'off') return undefined
  const answer = json(429, { error: 'Too many requests' })
  return how === 'bare' ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': how } }
}

/** A bare status as a server of that kind would word it. */
export function bare(status: number, switches: Switches): Answer {
  if (status === 401) return unauthorized()
  if (status === 403) return forbidden()
  if (status === 404) return notFound({ notFound: 404 })
  if (status === 413) return tooLarge({ tooLarge: '413' })
  if (status === 429) return json(429, { error: 'Too many requests' })
  if (status === 590) return refused(switches, 'Internal error')
  if (status === 204 || status === 304) return nothing(status)
  return html(status, String(status), status >= 300 && status < 400 ? { location: '/maintenance.html' } : {})
}
