/** What a form brought: small, and of the one kind that our forms send. */
import type { IncomingMessage } from 'node:http'

const MOST = 8192

/** `too much` and `not a form` are answers for the visitor. Rejects when the request breaks off. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | 'too much' | 'not a form'> {
  if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(request.headers['content-type'] ?? '')) return 'not a form'
  if (Number(request.headers['content-length'] ?? 0) > MOST) return 'too much'
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MOST) return 'too much'
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
