/** What the status server answers, and the headers that every answer carries. */
import { createReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Original } from '../gateway/operator.ts'
import { POLICY } from './page/frame.ts'

export type Answer = {
  readonly code: number
  readonly type?: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent instead of the body, then given back. */
  readonly original?: Original
}

export const text = (code: number, body: string, headers: Answer['headers'] = {}): Answer => ({
  code,
  body: `${body}\n`,
  headers,
})

export const page = (body: string, code = 200, headers: Answer['headers'] = {}): Answer => ({
  code,
  type: 'text/html; charset=utf-8',
  body,
  headers,
})

/** On to another page of ours, with GET whatever the method was. */
export const onTo = (location: string, headers: Answer['headers'] = {}): Answer =>
  text(303, 'see there', { ...headers, location })

/** Nothing is kept, sniffed, framed or told to others. */
export async function send(response: ServerResponse, answer: Answer, headOnly: boolean): Promise<void> {
  await using original = answer.original
  response.writeHead(answer.code, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'content-length': original?.size ?? Buffer.byteLength(answer.body),
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Not `no-referrer`: under it browsers send our own forms with `Origin: null`.
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    // A copy: writeHead wants lists that may be changed.
    ...Object.fromEntries(
      Object.entries(answer.headers ?? {}).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : [...value],
      ]),
    ),
  })
  if (original === undefined || headOnly) response.end(headOnly ? undefined : answer.body)
  else await pipeline(createReadStream(original.file), response)
}
