/** Encrypted RAR archives: version 4 (technote of RAR 4.20) and version 5 (technote of RAR 5.0). */
import type { FileBytes } from './file-bytes.ts'

/** Blocks of an archive that are looked at: a file each. */
const BLOCKS = 2_000

/**
 * All headers are encrypted (flag 0x80 of the archive header), or one file is (flag 4 of its
 * header).
 */
export function isLockedRar4(file: FileBytes): boolean {
  for (let at = 7, block = 0; block < BLOCKS; block++) {
    const header = file.read(at, 11)
    if (header.length < 7) return false
    const [type, flags, length] = [header.readUInt8(2), header.readUInt16LE(3), header.readUInt16LE(5)]
    if (length < 7) return false
    if (type === 0x73 && (flags & 0x80) !== 0) return true
    if (type === 0x74 && (flags & 4) !== 0) return true
    if (type === 0x7b) return false
    const isFollowed = type === 0x74 || (flags & 0x8000) !== 0
    at += length + (isFollowed && header.length >= 11 ? header.readUInt32LE(7) : 0)
  }
  return false
}

const ENCRYPTION_HEADER = 4
const FILE_HEADER = 2
const END_OF_ARCHIVE = 5
const FILE_ENCRYPTION_RECORD = 1

/** Bytes of a header that are read; RAR writes at most 2 MiB, names of 64 KiB included. */
const HEADER = 256 * 1024

/**
 * An archive encryption header is there, or a file has a file encryption record in its extra area.
 */
export function isLockedRar5(file: FileBytes): boolean {
  for (let at = 8, block = 0; block < BLOCKS; block++) {
    const start = new Numbers(file.read(at + 4, 3))
    const length = start.next()
    const header = new Numbers(file.read(at + 4 + start.at, Math.min(length, HEADER)))
    const [type, flags] = [header.next(), header.next()]
    if (type === ENCRYPTION_HEADER) return true
    if (type === END_OF_ARCHIVE || length === 0) return false
    const extra = (flags & 1) === 0 ? 0 : header.next()
    const data = (flags & 2) === 0 ? 0 : header.next()
    if (type === FILE_HEADER && extra > 0 && hasEncryption(header.bytes.subarray(-extra))) return true
    at += 4 + start.at + length + data
  }
  return false
}

function hasEncryption(extra: Buffer): boolean {
  const records = new Numbers(extra)
  while (records.at < extra.length) {
    const length = records.next()
    const next = records.at + length
    if (records.next() === FILE_ENCRYPTION_RECORD) return true
    records.at = next
  }
  return false
}

/**
 * Numbers of seven bits a byte, the lowest first; the highest bit of a byte says that another one
 * follows.
 */
class Numbers {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  next(): number {
    let number = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes.readUInt8(this.at++)
      number += (byte & 0x7f) * factor
      if (byte < 0x80) return number
    }
  }
}
