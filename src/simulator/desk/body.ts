/** The body of an upload as it comes, whichever way it is encoded: pieces of files, their names, and a description. */

/** A malformed body; the message says what is wrong with it. */
export class Malformed extends Error {}

/** More octets than this desk takes. */
export class TooLarge extends Error {}

/** `file` and `end` stand round the octets of one file; its name comes anywhere between, once. */
export type Piece =
  | { readonly kind: 'description'; readonly text: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'octets'; readonly octets: Buffer }
  | { readonly kind: 'end' }

/** Longest description, name or header taken, in octets. */
export const LONGEST_TEXT = 1_048_576

/** The same octets, until there are more than `most` (0: no limit); then throws TooLarge. */
export async function* atMost(source: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (most > 0 && size > most) throw new TooLarge()
    yield chunk
  }
}

/** Reads a whole JSON value of at most 1 MiB. Throws Malformed. */
export async function readJson(source: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of atMost(source, LONGEST_TEXT)) chunks.push(chunk)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Malformed('Syntax error')
  }
}
