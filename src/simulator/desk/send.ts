/** Hands an answer to the client: whole, drop by drop, cut short, or not at all. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer } from './answers.ts'
import type { Strike } from './faults.ts'

/**
 * Resolves when the answer has been handed over or the connection is gone. `begun` is told just before the first octet leaves;
 * it is not told when there is no connection to answer on.
 */
export async function send(
  response: ServerResponse,
  answer: Answer,
  strike: Pick<Strike, 'cut' | 'drip'> | undefined,
  signal: AbortSignal,
  begun: () => void,
): Promise<void> {
  const socket = response.socket
  if (socket === null || socket.destroyed) return
  if (strike?.cut === true) return void socket.destroy()
  if (strike?.cut === 'reset' || answer.reset === true) return void socket.resetAndDestroy()
  begun()
  const { body } = answer
  const size = Buffer.isBuffer(body) ? body.length : body.size
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(hasBody(answer.status) ? { 'content-length': size } : {}),
  })
  const octets = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body.open()
  const most = typeof strike?.cut === 'number' ? strike.cut : undefined
  try {
    await pipeline(pieces(octets, most, strike?.drip), response, { signal, end: most === undefined })
  } catch (error) {
    if (!socket.destroyed) throw error
  }
  if (most === undefined) return
  await flushed(response)
  socket.destroy()
}

const hasBody = (status: number): boolean => status !== 204 && status !== 304

/** At most so many octets; one at a time when it drips. */
async function* pieces(
  source: AsyncIterable<Buffer>,
  most: number | undefined,
  drip: number | undefined,
): AsyncGenerator<Buffer> {
  let left = most ?? Number.POSITIVE_INFINITY
  for await (const chunk of source) {
    const piece = chunk.subarray(0, Math.min(left, chunk.length))
    left -= piece.length
    if (drip === undefined) yield piece
    else yield* drops(piece, drip)
    if (left <= 0) return
  }
}

async function* drops(piece: Buffer, apart: number): AsyncGenerator<Buffer> {
  for (const octet of piece) {
    yield Buffer.of(octet)
    await new Promise(resolve => setTimeout(resolve, apart))
  }
}

/** The head at least has left this process, also when no octet of the body does. */
async function flushed(response: ServerResponse): Promise<void> {
  response.flushHeaders()
  const { socket } = response
  if (socket === null || socket.destroyed) return
  await new Promise<void>(resolve => socket.write('', () => resolve()))
}
