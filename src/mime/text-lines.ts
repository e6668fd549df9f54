/**
 * Lines of a text that comes in chunks. Each byte is looked at once: linear time for lines and
 * chunks of any length.
 */

/**
 * Characters of a piece: longer lines come in pieces of this length. A multiple of 4, so that
 * base64 can be decoded by pieces.
 */
export const PIECE = 1024

export type Piece = {
  /** With its line end, where it has one. */
  readonly text: string
  /** The beginning of a line, and not what follows in a longer one. */
  readonly begins: boolean
}

export class TextLines {
  #carry = ''
  #begins = true

  /** Characters that wait for the rest of their piece. */
  get waiting(): number {
    return this.#carry.length
  }

  /** The pieces that end in this chunk, one character for each byte. */
  *take(chunk: Buffer): Generator<Piece> {
    for (let at = 0; at < chunk.length; ) {
      const room = Math.min(chunk.length, at + PIECE - this.#carry.length)
      const lineEnd = chunk.subarray(at, room).indexOf(LF)
      const end = lineEnd === -1 ? room : at + lineEnd + 1
      this.#carry += chunk.toString('latin1', at, end)
      at = end
      if (lineEnd !== -1 || this.#carry.length === PIECE) yield this.#piece(lineEnd !== -1)
    }
  }

  /** What is left without a line end; may be empty. */
  end(): Piece {
    return this.#piece(true)
  }

  #piece(ends: boolean): Piece {
    const piece = { text: this.#carry, begins: this.#begins }
    this.#carry = ''
    this.#begins = ends
    return piece
  }
}

const LF = 0x0a
