/** A status server of one's own, with books in memory or a real ledger behind it, and a way to ask it anything. */
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Books } from '../../src/gateway/books.ts'
import type { Event } from '../../src/gateway/events.ts'
import type { Operator, Wish } from '../../src/gateway/operator.ts'
import { Readiness } from '../../src/ops/health.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { startStatus } from '../../src/ops/status.ts'
import { booksOf, type Kept } from './books.ts'

export const NOW = new Date('2026-11-20T10:00:00Z')

export type Said = {
  readonly token?: string
  readonly host?: string
  readonly hosts?: readonly string[]
  readonly books?: Books
  readonly kept?: Kept
  readonly timezone?: string
  readonly operator?: Partial<Operator>
}

export type Deed = readonly [verb: string, subject: string, by: string, wish?: Wish]

export async function status({
  token,
  host = '127.0.0.1',
  hosts = [],
  kept = {},
  books = booksOf(kept),
  timezone = 'UTC',
  operator = {},
}: Said = {}) {
  const clock = { at: NOW, now: () => clock.at }
  const readiness = new Readiness({ intervals: () => 180_000, started: NOW, mailboxes: ['support'] }, clock.now)
  const metrics = createMetrics({ clock })
  const events: Event[] = []
  const deeds: Deed[] = []
  const observe = (event: Event): void => void events.push(event)
  const ticketPage = (ticket: string): string => `https://desk.example/tickets/${encodeURIComponent(ticket)}`
  const options = {
    token,
    books,
    metrics,
    readiness,
    clock,
    timezone,
    ticketPage,
    operator: { ...recorder(deeds), ...operator },
  }
  const server = await startStatus({ host, hosts, port: 0, observe, ...options })
  onTestFinished(() => server.close())
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    ask(server.port, path, { host: `127.0.0.1:${server.port}`, ...headers }, method)
  /** As a form of the page sends it; the proof is taken from the page itself unless it is said. */
  const post = async (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) => {
    const { cookie = '' } = headers
    const proof = /name="proof" value="([^"]+)"/.exec((await get('/mails/1/retry', { cookie })).body)?.[1] ?? ''
    const body = new URLSearchParams({ proof, ...fields }).toString()
    return say(server.port, path, { host: `127.0.0.1:${server.port}`, ...FORM, ...headers }, body)
  }
  return { status: server, options, get, post, readiness, events, deeds, clock }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }

const say = (port: number, path: string, headers: Record<string, string>, body: string) =>
  ask(port, path, headers, 'POST', body)

/** fetch would not let us choose the Host. */
export async function ask(port: number, path: string, headers: Record<string, string>, method: string, body = '') {
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, resolve)
  asked.on('error', reject).end(body)
  const response = await promise
  return { code: response.statusCode, headers: response.headers, body: await text(response) }
}

/** Does what it is told, and remembers. */
const recorder = (deeds: Deed[]): Operator => ({
  correct: async (correction, id, wish, by) => {
    deeds.push([correction, id, by, wish])
    return { done: true }
  },
  resume: async (site, by) => {
    deeds.push(['resume', site, by])
    return true
  },
  original: async () => 'gone',
})

/** The pair that a browser would send back. */
export const cookieOf = (headers: { readonly 'set-cookie'?: string[] | undefined }): string =>
  (headers['set-cookie']?.find(one => one.startsWith('mailclip=')) ?? '').split(';')[0] ?? ''
