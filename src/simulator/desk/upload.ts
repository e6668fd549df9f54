/** Takes an upload's files into the vault: all of them whole, or none. */
import type { IncomingMessage } from 'node:http'
import { atMost, Malformed, type Piece, TooLarge } from './body.ts'
import { jsonPieces } from './json-upload.ts'
import { multipartPieces } from './multipart.ts'
import type { Switches } from './switches.ts'
import type { Deposit, Kept, Vault } from './vault.ts'

export type Encoding = 'multipart' | 'json'

export type SentFile = { readonly name: string; readonly kept: Kept }

export type Upload = {
  readonly encoding: Encoding
  readonly description: string | undefined
  readonly files: readonly SentFile[]
}

/** Why an upload was not taken. */
export type Refusal =
  | { readonly refused: 'encoding' }
  | { readonly refused: 'too-large' }
  | { readonly refused: 'malformed'; readonly why: string }

/** Reads the whole body. A connection that breaks while it comes is thrown as node says it, and nothing is kept. */
export async function readUpload(
  request: IncomingMessage,
  vault: Vault,
  switches: Switches,
): Promise<Upload | Refusal> {
  const encoding = encodingOf(request.headers['content-type'] ?? '')
  const { encodings, maxBytes } = switches
  if (maxBytes > 0 && Number(request.headers['content-length'] ?? 0) > maxBytes) return { refused: 'too-large' }
  if (encoding === undefined || (encodings !== 'both' && encodings !== encoding)) {
    return await rest(request, maxBytes, { refused: 'encoding' })
  }
  const source: AsyncIterable<Buffer> = atMost(unclosed(request), maxBytes)
  const collector = new Collector(vault)
  try {
    const type = request.headers['content-type'] ?? ''
    for await (const piece of encoding === 'json' ? jsonPieces(source) : multipartPieces(source, type)) {
      await collector.take(piece)
    }
    return { encoding, ...collector.finish() }
  } catch (error) {
    await collector.drop()
    if (error instanceof TooLarge) return { refused: 'too-large' }
    if (error instanceof Malformed) return await rest(request, maxBytes, { refused: 'malformed', why: error.message })
    throw error
  }
}

/** Gives the files' space back. */
export const dropFiles = async (files: readonly SentFile[]): Promise<void> => {
  await Promise.all(files.map(({ kept }) => kept.remove()))
}

const encodingOf = (contentType: string): Encoding | undefined => {
  if (/^multipart\/form-data\b/i.test(contentType)) return 'multipart'
  return /^application\/json\b/i.test(contentType) ? 'json' : undefined
}

/** The request's octets; the request outlives a reader that stops early, for it has yet to be answered. */
const unclosed = (request: IncomingMessage): AsyncIterable<Buffer> => request.iterator({ destroyOnReturn: false })

/** Reads what nobody wants: a client that is still sending hears no answer. */
async function rest(request: IncomingMessage, most: number, refusal: Refusal): Promise<Refusal> {
  try {
    for await (const _ of atMost(unclosed(request), most)) void _
    return refusal
  } catch (error) {
    if (error instanceof TooLarge) return { refused: 'too-large' }
    throw error
  }
}

class Collector {
  readonly #vault: Vault
  readonly #files: SentFile[] = []
  #description: string | undefined
  #open: { readonly deposit: Deposit; name: string | undefined } | undefined

  constructor(vault: Vault) {
    this.#vault = vault
  }

  async take(piece: Piece): Promise<void> {
    if (piece.kind === 'description') this.#description = piece.text
    else if (piece.kind === 'file') this.#open = { deposit: this.#vault.deposit(), name: undefined }
    else if (piece.kind === 'name' && this.#open !== undefined) this.#open.name = piece.name
    else if (piece.kind === 'octets') await this.#open?.deposit.write(piece.octets)
    else if (piece.kind === 'end') await this.#end()
  }

  /** Throws Malformed when no file came. */
  finish(): Pick<Upload, 'description' | 'files'> {
    if (this.#files.length === 0) throw new Malformed('documents is missing')
    return { description: this.#description, files: this.#files }
  }

  async drop(): Promise<void> {
    await this.#open?.deposit.drop()
    await dropFiles(this.#files)
  }

  async #end(): Promise<void> {
    if (this.#open === undefined) return
    const { deposit, name } = this.#open
    if (name === undefined || name === '') throw new Malformed('filename is missing')
    this.#files.push({ name, kept: await deposit.finish() })
    this.#open = undefined
  }
}
