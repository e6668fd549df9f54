/**
 * Encrypted ZIP archives (APPNOTE.TXT 6.3.10), and OpenDocument files, which are ZIPs with
 * encryption of their own.
 */
import { inflateRawSync } from 'node:zlib'
import type { FileBytes } from './file-bytes.ts'

/** Bytes of a central directory that are read, at most: some 60,000 files. */
const DIRECTORY = 4 * 1024 * 1024

/** Bytes of an OpenDocument manifest, packed and unpacked. */
const MANIFEST = 1024 * 1024

/** Whether at least one file in it is encrypted. */
export function isLockedZip(file: FileBytes): boolean {
  const directory = directoryOf(file)
  if (directory === undefined) return isLockedAtStart(file)
  let manifest: Entry | undefined
  for (const entry of entriesOf(directory)) {
    if (entry.isEncrypted) return true
    if (entry.name === 'META-INF/manifest.xml') manifest = entry
  }
  return manifest !== undefined && isLockedDocument(file, manifest)
}

/** A ZIP that is cut short, or one of several volumes, has no directory: its first file tells. */
function isLockedAtStart(file: FileBytes): boolean {
  const head = file.read(0, 64)
  const at = head.indexOf('PK\x03\x04', 0, 'latin1')
  return at !== -1 && head.length >= at + 30 && isEncrypted(head.readUInt16LE(at + 6), head.readUInt16LE(at + 8))
}

/**
 * General purpose flag bit 0 (§4.4.4); method 99 is AES, with an extra field 0x9901 (§4.5, appendix
 * of WinZip).
 */
const isEncrypted = (flags: number, method: number): boolean => (flags & 1) !== 0 || method === 99

/** The central directory (§4.3.12); undefined where its end was not found. */
function directoryOf(file: FileBytes): Buffer | undefined {
  const tail = file.tail(END + COMMENT)
  const found = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (found === -1 || found + END > tail.length) return undefined
  const at = file.size - tail.length + found
  const size = tail.readUInt32LE(found + 12)
  const large = size === 0xffffffff ? endOfLarge(file, at) : undefined
  const [end, length] = large ?? [at, size]
  // Counted from its end: where something stands before the archive, the offset in it is wrong.
  const directory = file.read(end - length, Math.min(length, DIRECTORY))
  return directory.readUInt32LE(0) === ENTRY ? directory : undefined
}

const END = 22
const COMMENT = 0xffff
const ENTRY = 0x02014b50

/** Where the directory of a Zip64 ends, and its length (§4.3.14, §4.3.15). */
function endOfLarge(file: FileBytes, at: number): readonly [end: number, length: number] | undefined {
  const locator = file.read(at - 20, 20)
  if (locator.readUInt32LE(0) !== 0x07064b50) return undefined
  const end = Number(locator.readBigUInt64LE(8))
  const record = file.read(end, 56)
  return record.readUInt32LE(0) === 0x06064b50 ? [end, Number(record.readBigUInt64LE(40))] : undefined
}

type Entry = {
  readonly name: string
  readonly isEncrypted: boolean
  readonly method: number
  readonly packed: number
  readonly offset: number
}

function* entriesOf(directory: Buffer): Generator<Entry> {
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === ENTRY; ) {
    const [name, extra, comment] = [28, 30, 32].map(field => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ]
    const method = directory.readUInt16LE(at + 10)
    yield {
      name: directory.toString('latin1', at + 46, at + 46 + name),
      isEncrypted: isEncrypted(directory.readUInt16LE(at + 8), method),
      method,
      packed: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    }
    at += 46 + name + extra + comment
  }
}

/**
 * The manifest of an OpenDocument file names the cipher of each encrypted entry (ODF 1.3 part 2
 * §4.4).
 */
function isLockedDocument(file: FileBytes, { offset, packed, method }: Entry): boolean {
  if (packed > MANIFEST) return false
  const local = file.read(offset, 30)
  const start = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
  const content = file.read(start, packed)
  const text = method === 8 ? inflateRawSync(content, { maxOutputLength: MANIFEST }) : content
  return text.includes('encryption-data')
}
