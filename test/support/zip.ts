/** Archives for tests: stored, not compressed; encrypted ones by the cipher every unpacker knows (APPNOTE.TXT 6.1). */
import { crc32 } from 'node:zlib'

/** One file in one archive. */
export function zip(name: string, content: string | Buffer, password?: string): Buffer {
  const plain = Buffer.from(content)
  const sum = crc32(plain)
  const kept = password === undefined ? plain : encrypted(plain, password, sum >>> 24)
  const facts = Buffer.alloc(26)
  facts.writeUInt16LE(20, 0)
  facts.writeUInt16LE(password === undefined ? 0 : 1, 2)
  facts.writeUInt32LE(sum, 10)
  facts.writeUInt32LE(kept.length, 14)
  facts.writeUInt32LE(plain.length, 18)
  facts.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), kept])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), facts, Buffer.alloc(14), Buffer.from(name)])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

/** `check`: the last octet of the twelve before the content, by which a password is tried. */
function encrypted(plain: Buffer, password: string, check: number): Buffer {
  let [a, b, c] = [0x12345678, 0x23456789, 0x34567890]
  const stir = (octet: number): void => {
    a = step(a, octet)
    b = (Math.imul((b + (a & 0xff)) | 0, 134_775_813) + 1) | 0
    c = step(c, b >>> 24)
  }
  for (const octet of Buffer.from(password)) stir(octet)
  const head = Buffer.from([...Buffer.alloc(11), check])
  return Buffer.concat([head, plain]).map(octet => {
    const half = (c & 0xffff) | 2
    const mask = (Math.imul(half, half ^ 1) >>> 8) & 0xff
    stir(octet)
    return octet ^ mask
  }) as Buffer
}

/** One octet of a CRC-32, without the inversions at its ends. */
const step = (sum: number, octet: number): number => ~crc32(Buffer.from([octet]), ~sum >>> 0)
