/** The virus scanner: clamd's INSTREAM over TCP or a Unix socket (clamd(8), COMMANDS). Only its exact `OK` is clean. */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Antivirus } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { verdictOf } from './verdict.ts'

export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** Milliseconds. */
export type ClamdTimes = {
  /** To connect, and for the answer to a ping. */
  readonly ping?: number
  /** Without an octet taken from us. */
  readonly stall?: number
  /** From the last octet sent to the verdict; clamd itself gives up after MaxScanTime (120 s). */
  readonly scan?: number
}

/** Octets of one chunk; clamd takes any that StreamMaxLength has room for. */
const CHUNK = 64 * 1024

/** An answer is one line. */
const LONGEST_ANSWER = 4096

export class Clamd implements Antivirus {
  readonly site: string
  readonly #address: ClamdAddress
  readonly #times: Required<ClamdTimes>

  constructor(address: ClamdAddress, times: ClamdTimes = {}) {
    this.#address = address
    this.#times = { ping: 10_000, stall: 30_000, scan: 150_000, ...times }
    this.site = 'path' in address ? `unix:${address.path}` : `tcp://${address.host}:${address.port}`
  }

  /** A ping comes first: a scanner that is stuck must not look like a file that takes long. */
  async scan(file: string, signal: AbortSignal): Promise<string | undefined> {
    await this.ping(signal)
    return verdictOf(await this.#stream(file, signal))
  }

  /** Fault 4.4.1 scope `antivirus` when it is not there or does not answer. */
  async ping(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask('zPING\0', signal).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw new Fault('4.4.1', 'the virus scanner does not answer', { scope: 'antivirus', cause })
    })
    if (answer !== 'PONG')
      throw new Fault('4.4.1', 'something answers that is not the virus scanner', { scope: 'antivirus' })
  }

  async #ask(command: string, signal: AbortSignal): Promise<string> {
    await using conversation = new Conversation(this.#address, signal)
    return await conversation.within(this.#times.ping, async () => {
      await conversation.write(Buffer.from(command))
      return conversation.answer
    })
  }

  /** One that breaks off proves nothing. */
  async #stream(file: string, signal: AbortSignal): Promise<string> {
    await using conversation = new Conversation(this.#address, signal)
    const { stall, scan } = this.#times
    try {
      await conversation.within(stall, () => conversation.write(Buffer.from('zINSTREAM\0')))
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK, signal })) {
        // It answers early when it takes no more: then it has closed the connection, or will.
        if (conversation.answered) break
        await conversation.within(stall, () => conversation.write(Buffer.concat([lengthOf(chunk.length), chunk])))
      }
      if (!conversation.answered) await conversation.within(stall, () => conversation.write(lengthOf(0)))
    } catch (error) {
      // What it said before it closed the connection tells more than the broken connection.
      const said = await conversation.said()
      if (said === undefined) throw unanswered(error, signal)
      return said
    }
    return await conversation
      .within(scan, () => conversation.answer)
      .catch((error: unknown) => {
        throw unanswered(error, signal)
      })
  }
}

function unanswered(cause: unknown, signal: AbortSignal): unknown {
  signal.throwIfAborted()
  return new Fault('4.4.2', 'the virus scanner did not say whether the file is clean', { cause })
}

/** Four octets, in network order. */
function lengthOf(octets: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(octets)
  return length
}

/** One connection, one command, one answer: all that comes up to a NUL or the end. */
class Conversation implements AsyncDisposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  readonly answer: Promise<string>
  answered = false

  constructor(address: ClamdAddress, signal: AbortSignal) {
    this.#signal = signal
    this.#socket = connect('path' in address ? { path: address.path } : { host: address.host, port: address.port })
    // Writes tell of a broken connection too, and late ones must not end the process.
    this.#socket.on('error', () => undefined)
    this.answer = this.#read()
    this.answer.then(
      () => {
        this.answered = true
      },
      () => undefined,
    )
  }

  async write(octets: Buffer): Promise<void> {
    if (this.#socket.destroyed) throw new Error('the connection is closed')
    if (this.#socket.write(octets)) return
    const over = new AbortController()
    try {
      const closed = once(this.#socket, 'close', { signal: over.signal }).then(() => {
        throw new Error('the connection broke')
      })
      await Promise.race([once(this.#socket, 'drain', { signal: over.signal }), closed])
    } finally {
      over.abort()
    }
  }

  /** Throws after `ms`, or when the signal is aborted; the connection is closed then. */
  async within<T>(ms: number, wait: () => Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>()
    const stop = (why: unknown) => {
      this.#socket.destroy()
      reject(why)
    }
    const timer = setTimeout(() => stop(new Error(`no answer within ${ms} ms`)), ms)
    const abort = () => stop(this.#signal.reason)
    this.#signal.addEventListener('abort', abort, { once: true })
    if (this.#signal.aborted) abort()
    try {
      return await Promise.race([promise, wait()])
    } finally {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', abort)
    }
  }

  /** What it has said when the connection is already broken; undefined when that is nothing whole. */
  said(): Promise<string | undefined> {
    return this.within(1_000, () => this.answer).catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
  }

  #read(): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = ''
      this.#socket.setEncoding('utf8')
      this.#socket.on('data', (more: string) => {
        text += more
        const end = text.indexOf('\0')
        if (end >= 0) resolve(text.slice(0, end))
        else if (text.length > LONGEST_ANSWER) reject(new Error('the answer has no end'))
      })
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error('the connection was closed before the answer')))
    })
  }
}
