/** Writes TNEF streams (MS-OXTNEF) for tests, sound ones and broken ones, attribute by attribute. */

export const CODEPAGE = 0x00069007
export const TITLE = 0x00018010
export const DATA = 0x0006800f
export const RENDERING = 0x00069002
export const PROPERTIES = 0x00069005

export const u16 = (value: number): Buffer => {
  const octets = Buffer.alloc(2)
  octets.writeUInt16LE(value)
  return octets
}
export const u32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(value)
  return octets
}

export const tnef = (...attributes: readonly Buffer[]): Buffer =>
  Buffer.concat([u32(0x223e9f78), u16(1), ...attributes])

const attribute = (level: number, id: number, data: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([level]),
    u32(id),
    u32(data.length),
    data,
    u16(data.reduce((sum, octet) => sum + octet, 0) & 0xffff),
  ])

export const ofMail = (id: number, data: Buffer): Buffer => attribute(1, id, data)
export const ofFile = (id: number, data: Buffer): Buffer => attribute(2, id, data)
export const codepage = (number: number): Buffer => ofMail(CODEPAGE, Buffer.concat([u32(number), u32(0)]))
export const rendering = (): Buffer => ofFile(RENDERING, Buffer.alloc(14))

/** A property with one value, in the form its type asks for. */
export function property(id: number, type: number, value: Buffer | number): Buffer {
  const tag = Buffer.concat([u16(type), u16(id)])
  if (typeof value === 'number') return Buffer.concat([tag, u32(value)])
  return Buffer.concat([tag, u32(1), u32(value.length), value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

export const unicode = (id: number, text: string): Buffer => property(id, 0x1f, Buffer.from(`${text}\0`, 'utf16le'))
export const eightBit = (id: number, octets: string): Buffer => property(id, 0x1e, Buffer.from(`${octets}\0`, 'latin1'))
export const properties = (...all: readonly Buffer[]): Buffer =>
  ofFile(PROPERTIES, Buffer.concat([u32(all.length), ...all]))

export const LONG_NAME = 0x3707
export const METHOD = 0x3705
const MESSAGE_IID = Buffer.from('0703020000000000c000000000000046', 'hex')

/** A file as Outlook writes it: content, old name, long name. */
export const attached = (name: string, content: Buffer | string): Buffer =>
  Buffer.concat([
    rendering(),
    ofFile(DATA, Buffer.from(content)),
    ofFile(TITLE, Buffer.from('OLDNAM~1.DAT\0')),
    properties(property(METHOD, 3, 1), unicode(LONG_NAME, name)),
  ])

export const ofMessage = (...all: readonly Buffer[]): Buffer =>
  ofMail(0x00069003, Buffer.concat([u32(all.length), ...all]))
export const messageClass = (name: string): Buffer => ofMail(0x00078008, Buffer.from(`${name}\0`))

/** The same with the sentence that Outlook writes for programs which cannot open it. */
export const embeddedWithStub = (stream: Buffer): Buffer =>
  Buffer.concat([
    rendering(),
    ofFile(
      DATA,
      Buffer.from('This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.'),
    ),
    properties(property(METHOD, 3, 5), property(0x3701, 0x0d, Buffer.concat([MESSAGE_IID, stream]))),
  ])

/** A mail dragged into a mail. */
export const embedded = (stream: Buffer): Buffer =>
  Buffer.concat([
    rendering(),
    properties(property(METHOD, 3, 5), property(0x3701, 0x0d, Buffer.concat([MESSAGE_IID, stream]))),
  ])
