/**
 * LZMA unpacked (lzma-specification.txt of the LZMA SDK): the headers of 7z archives are packed so.
 */

const TOP = 2 ** 24
const START = 1024

/**
 * Unpacks a raw LZMA stream of known length. Time and memory are linear in `size`. Throws where the
 * stream ends too early or is none.
 * @param properties five bytes: lc, lp and pb in one, and the size of the dictionary
 * @param size bytes of the result
 */
export function unpackLzma(packed: Buffer, properties: Buffer, size: number): Buffer {
  const settings = properties.readUInt8(0)
  if (settings >= 225) throw new RangeError('no properties of LZMA')
  const [lc, lp, pb] = [settings % 9, Math.floor(settings / 9) % 5, Math.floor(settings / 45)]
  const bits = new BitDecoder(packed)
  const literals = probabilities(0x300 << (lc + lp))
  const isMatch = probabilities(12 << 4)
  const [isRep, isRep0, isRep1, isRep2] = [12, 12, 12, 12].map(probabilities) as Four
  const isRep0Long = probabilities(12 << 4)
  const lengths = new LengthDecoder(bits)
  const repLengths = new LengthDecoder(bits)
  const slots = [0, 1, 2, 3].map(() => probabilities(64))
  const near = probabilities(115)
  const align = probabilities(16)
  const out = Buffer.alloc(size)
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0]
  let state = 0

  const distance = (length: number): number => {
    const slot = bits.tree(slots[Math.min(length, 3)] as Uint16Array, 6)
    if (slot < 4) return slot
    const direct = (slot >> 1) - 1
    const base = (2 | (slot & 1)) * 2 ** direct
    if (slot < 14) return base + bits.reverse(near, base - slot, direct)
    return base + bits.direct(direct - 4) * 16 + bits.reverse(align, 0, 4)
  }

  for (let at = 0; at < size; ) {
    const position = at & ((1 << pb) - 1)
    if (bits.bit(isMatch, (state << 4) + position) === 0) {
      const before = at === 0 ? 0 : (out[at - 1] as number)
      const context = ((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc))
      const matched = state >= 7 ? out[at - rep0 - 1] : undefined
      out[at++] = bits.literal(literals, 0x300 * context, matched)
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
      continue
    }
    let length: number
    if (bits.bit(isRep, state) === 0) {
      ;[rep3, rep2, rep1] = [rep2, rep1, rep0]
      length = lengths.next(position)
      rep0 = distance(length)
      state = state < 7 ? 7 : 10
    } else {
      if (bits.bit(isRep0, state) === 0) {
        if (bits.bit(isRep0Long, (state << 4) + position) === 0) {
          state = state < 7 ? 9 : 11
          if (rep0 >= at) throw new RangeError('a distance of LZMA is too long')
          out[at] = out[at - rep0 - 1] as number
          at += 1
          continue
        }
      } else if (bits.bit(isRep1, state) === 0) [rep0, rep1] = [rep1, rep0]
      else if (bits.bit(isRep2, state) === 0) [rep0, rep1, rep2] = [rep2, rep0, rep1]
      else [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2]
      length = repLengths.next(position)
      state = state < 7 ? 8 : 11
    }
    if (rep0 >= at) throw new RangeError('a distance of LZMA is too long')
    for (let left = length + 2; left > 0 && at < size; left--, at++) out[at] = out[at - rep0 - 1] as number
  }
  return out
}

type Four = [Uint16Array, Uint16Array, Uint16Array, Uint16Array]

const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(START)

/** The range decoder. */
class BitDecoder {
  readonly #packed: Buffer
  #at = 5
  #range = 0xffffffff
  #code: number

  constructor(packed: Buffer) {
    this.#packed = packed
    this.#code = packed.readUInt32BE(1)
  }

  bit(probability: Uint16Array, at: number): 0 | 1 {
    const chance = probability[at] as number
    const bound = (this.#range >>> 11) * chance
    const isZero = this.#code < bound
    if (isZero) this.#range = bound
    else {
      this.#range -= bound
      this.#code -= bound
    }
    probability[at] = isZero ? chance + ((2048 - chance) >> 5) : chance - (chance >> 5)
    this.#normalise()
    return isZero ? 0 : 1
  }

  direct(count: number): number {
    let value = 0
    for (let n = 0; n < count; n++) {
      this.#range = this.#range >>> 1
      const isSet = this.#code >= this.#range
      if (isSet) this.#code -= this.#range
      value = value * 2 + (isSet ? 1 : 0)
      this.#normalise()
    }
    return value
  }

  tree(probability: Uint16Array, count: number, from = 0): number {
    let at = 1
    for (let n = 0; n < count; n++) at = at * 2 + this.bit(probability, from + at)
    return at - 2 ** count
  }

  reverse(probability: Uint16Array, from: number, count: number): number {
    let [at, value] = [1, 0]
    for (let n = 0; n < count; n++) {
      const bit = this.bit(probability, from + at)
      at = at * 2 + bit
      value += bit * 2 ** n
    }
    return value
  }

  /** `matched`: the byte at the last distance, which the first bits are compared with. */
  literal(probability: Uint16Array, from: number, matched: number | undefined): number {
    let symbol = 1
    let like = matched
    while (symbol < 0x100) {
      const expected = like === undefined ? 0 : (like >> 7) & 1
      const offset = like === undefined ? 0 : (1 + expected) << 8
      const bit = this.bit(probability, from + offset + symbol)
      symbol = symbol * 2 + bit
      if (like !== undefined) like = bit === expected ? (like << 1) & 0xff : undefined
    }
    return symbol - 0x100
  }

  #normalise(): void {
    if (this.#range >= TOP) return
    this.#range = (this.#range << 8) >>> 0
    this.#code = ((this.#code << 8) | this.#packed.readUInt8(this.#at++)) >>> 0
  }
}

class LengthDecoder {
  readonly #bits: BitDecoder
  readonly #choice = probabilities(2)
  readonly #low = probabilities(16 << 3)
  readonly #middle = probabilities(16 << 3)
  readonly #high = probabilities(256)

  constructor(bits: BitDecoder) {
    this.#bits = bits
  }

  /** Without the two that every match has. */
  next(position: number): number {
    if (this.#bits.bit(this.#choice, 0) === 0) return this.#bits.tree(this.#low, 3, position << 3)
    if (this.#bits.bit(this.#choice, 1) === 0) return 8 + this.#bits.tree(this.#middle, 3, position << 3)
    return 16 + this.#bits.tree(this.#high, 8)
  }
}
