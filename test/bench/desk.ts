/**
 * The desk of the benchmark, a process of its own so that its work is nobody's: takes uploads with any number of files, lists, and
 * answers `GET /_journal` with what it was sent. `node test/bench/desk.ts UPLOAD_MS OTHER_MS` prints its port.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Kept = { readonly ticket: string; readonly name: string; readonly sha256: string }

const [upload = 0, other = 0] = process.argv.slice(2).map(Number)
const kept: Kept[] = []
let uploads = 0

const server = createServer((request, response) => void answer(request, response))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const { method = '', url = '' } = request
  const body = await read(request)
  if (url === '/_journal') return response.end(JSON.stringify({ uploads, kept }))
  const latency = method === 'POST' ? upload : other
  if (latency > 0) await sleep(latency)
  const ticket = /\/requests\/([^/]+)\/documents$/.exec(url)?.[1] ?? ''
  const href = `http://127.0.0.1/requests/${ticket}`
  response.setHeader('content-type', 'application/json')
  if (method === 'GET') return response.end(JSON.stringify({ HREF: `${href}/documents`, Documents: listed(ticket) }))
  uploads += 1
  kept.push(...filesIn(request.headers['content-type'] ?? '', body).map(file => ({ ticket, ...file })))
  return response.writeHead(201).end(JSON.stringify({ HREF: href }))
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const listed = (ticket: string): object[] =>
  kept.flatMap((one, n) => (one.ticket === ticket ? [{ DOCUMENT_ID: `50004_${n}`, DOCUMENT: one.name }] : []))

/** Every part of a form that carries a file name; the boundary decides, so a file is never looked into. */
function filesIn(contentType: string, body: Buffer): readonly { readonly name: string; readonly sha256: string }[] {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1]
  if (boundary === undefined) throw new Error(`cannot read ${contentType}`)
  const files: { name: string; sha256: string }[] = []
  for (let at = body.indexOf(`--${boundary}`); ; ) {
    const blank = body.indexOf('\r\n\r\n', at)
    const end = body.indexOf(`\r\n--${boundary}`, at + boundary.length)
    if (blank < 0 || end < 0) return files
    const name = /filename="([^"]*)"/.exec(body.toString('utf8', at, blank))?.[1]
    const content = body.subarray(blank + 4, end)
    if (name !== undefined) files.push({ name, sha256: createHash('sha256').update(content).digest('hex') })
    at = end + 2
  }
}
