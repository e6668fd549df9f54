/** Pictures drawn in code: PNG (ISO 15948) as a screenshot tool writes it, baseline JPEG (ITU T.81) as a camera does. */
import { crc32, deflateSync } from 'node:zlib'

/** Index into `PALETTE` for a pixel. */
export type Paint = (x: number, y: number) => number

const PALETTE: readonly (readonly [number, number, number])[] = [
  [255, 255, 255],
  [32, 32, 32],
  [0, 90, 158],
  [200, 40, 40],
  [225, 228, 232],
  [120, 120, 120],
]

/** An image of 8 bit with a palette. */
export function png(width: number, height: number, paint: Paint): Buffer {
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = paint(x, y) % PALETTE.length
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(PALETTE.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A window with a title bar, lines of text and an error in the middle. */
export const errorWindow: Paint = (x, y) => {
  if (y < 36) return 2
  const inDialog = x > 340 && x < 860 && y > 240 && y < 460
  if (!inDialog) return letters(x, y, 40) ? 5 : 0
  if (y < 272) return 3
  if (x > 760 && x < 840 && y > 420 && y < 446) return 2
  return letters(x, y, 380) && y < 400 ? 1 : 4
}

/** A company's name in two colours. */
export const logo: Paint = (x, y) => (x < 36 ? (Math.hypot(x - 18, y - 20) < 14 ? 2 : 0) : letters(x, y, 42) ? 1 : 0)

/** Marks as wide as letters in lines as far apart as text. */
const letters = (x: number, y: number, margin: number): boolean => {
  const [line, column] = [Math.floor(y / 20), Math.floor(x / 9)]
  const mixed = ((line * 73_856_093) ^ (column * 19_349_663)) >>> 0
  return x > margin && y % 20 > 6 && y % 20 < 16 && mixed % 5 > 0 && (x + (mixed % 7)) % 9 > 2 && mixed % 11 > line % 7
}

/** A grey picture of 8 × 8 blocks, each in one shade: `shade` gives 0 to 255 for a block. Width and height are multiples of 8. */
export function jpeg(width: number, height: number, shade: (x: number, y: number) => number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt16BE(height, 0)
  size.writeUInt16BE(width, 2)
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    segment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...DC_LENGTHS, ...DC_LENGTHS.flatMap((count, n) => DC_VALUES[n]?.slice(0, count) ?? [])]),
    // The only symbol of the other table: end of block, one bit.
    segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0x00]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    scan(width / 8, height / 8, shade),
    Buffer.from([0xff, 0xd9]),
  ])
}

/** ITU T.81 table K.3: how many codes of each length, and which sizes of differences they stand for. */
const DC_LENGTHS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
const DC_VALUES = [[], [0], [1, 2, 3, 4, 5], [6], [7], [8], [9], [10], [11]]
const DC_CODES = ['00', '010', '011', '100', '101', '110', '1110', '11110', '111110', '1111110']

function scan(across: number, down: number, shade: (x: number, y: number) => number): Buffer {
  const bits: string[] = []
  let before = 0
  for (let y = 0; y < down; y += 1)
    for (let x = 0; x < across; x += 1) {
      const level = Math.max(0, Math.min(255, Math.round(shade(x, y)))) - 128
      bits.push(difference(level - before), '0')
      before = level
    }
  const all = bits.join('')
  const octets = all.padEnd(Math.ceil(all.length / 8) * 8, '1').match(/.{8}/g) ?? []
  // 0xff in the data is followed by 0, so that it is no marker.
  return Buffer.from(octets.map(one => Number.parseInt(one, 2)).flatMap(one => (one === 0xff ? [one, 0] : [one])))
}

/** ITU T.81 F.1.2.1: the number of bits, then the bits, one less for negative ones. */
function difference(value: number): string {
  const count = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1
  const bits = value >= 0 ? value : value + 2 ** count - 1
  return (DC_CODES[count] ?? '') + (count === 0 ? '' : bits.toString(2).padStart(count, '0'))
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(4)
  frame.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([frame, body, sum])
}
