/** Encrypted documents of Microsoft Office, old and new (MS-OFFCRYPTO). */
import { createHash } from 'node:crypto'
import { type RootStream, rootStreams } from './compound-file.ts'
import type { FileBytes } from './file-bytes.ts'
import { rc4 } from './rc4.ts'

/** Whether the file opens only with a password. */
export function isLockedOffice(file: FileBytes): boolean {
  const streams = rootStreams(file)
  const start = (...names: readonly string[]) => streams.find(({ name }) => names.includes(name))?.start()
  // Word, Excel and PowerPoint since 2007; what is kept for rights management has no
  // EncryptionInfo.
  const names = new Set(streams.map(({ name }: RootStream) => name))
  if (names.has('EncryptedPackage')) return names.has('EncryptionInfo')
  return (
    isLockedWord(start('WordDocument')) ||
    isLockedExcel(start('Workbook', 'Book')) ||
    isLockedSlides(start('Current User'))
  )
}

/** fEncrypted of the FIB (MS-DOC §2.5.2). */
const isLockedWord = (start: Buffer | undefined): boolean =>
  start !== undefined &&
  start.length >= 12 &&
  start.readUInt16LE(0) === 0xa5ec &&
  (start.readUInt16LE(10) & 0x100) !== 0

/** headerToken of the CurrentUserAtom (MS-PPT §2.3.2). */
const isLockedSlides = (start: Buffer | undefined): boolean =>
  start !== undefined && start.length >= 16 && start.readUInt32LE(12) === 0xf3d1c4df

const BOF = 0x0809
const FILEPASS = 0x002f

/** A FilePass record (MS-XLS §2.4.117) that Excel's own password does not open. */
function isLockedExcel(start: Buffer | undefined): boolean {
  if (start === undefined) return false
  for (let at = 0; at + 4 <= start.length; ) {
    const [type, length] = [start.readUInt16LE(at), start.readUInt16LE(at + 2)]
    if (type === FILEPASS) return !opensByDefault(start.subarray(at + 4, at + 4 + length))
    // It stands right behind the first record, or behind one that forbids to write.
    if (at === 0 ? type !== BOF : at > 100) return false
    at += 4 + length
  }
  return false
}

/**
 * Excel encrypts with this password what it only protects, and opens it without asking (MS-XLS
 * §2.2.10).
 */
const DEFAULT_PASSWORD = 'VelvetSweatshop'

/** The two kinds of RC4 are tried; of others it is known that a password is needed. */
function opensByDefault(record: Buffer): boolean {
  // Excel 5 and 95 know XOR alone: a key and the verifier.
  if (record.length === 4) return record.readUInt16LE(2) === XOR_VERIFIER
  const [kind, major, minor] = [record.readUInt16LE(0), record.readUInt16LE(2), record.readUInt16LE(4)]
  if (kind === 0) return record.readUInt16LE(4) === XOR_VERIFIER
  if (major === 1 && minor === 1) {
    const [salt, verifier, hash] = [record.subarray(6, 22), record.subarray(22, 38), record.subarray(38, 54)]
    return isVerified('md5', rc4Key(salt), verifier, hash)
  }
  if (minor !== 2) return false
  const header = record.subarray(14, 14 + record.readUInt32LE(10))
  const body = record.subarray(14 + header.length)
  const size = Math.min(16, (header.readUInt32LE(16) || 40) / 8)
  const [salt, verifier, hash] = [body.subarray(4, 20), body.subarray(20, 36), body.subarray(40, 60)]
  const sha1 = (...pieces: readonly Buffer[]) => createHash('sha1').update(Buffer.concat(pieces)).digest()
  const key = sha1(sha1(salt, Buffer.from(DEFAULT_PASSWORD, 'utf16le')), Buffer.alloc(4)).subarray(0, size)
  // A key of 40 bits is filled up to 128 (MS-OFFCRYPTO §2.3.5.2).
  return isVerified('sha1', size === 5 ? Buffer.concat([key, Buffer.alloc(11)]) : key, verifier, hash)
}

/** The verifier of the default password for XOR obfuscation (MS-OFFCRYPTO §2.3.7.1). */
const XOR_VERIFIER = xorVerifier(DEFAULT_PASSWORD)

function xorVerifier(password: string): number {
  const bytes = [password.length, ...Buffer.from(password, 'latin1')]
  const turned = bytes.reduceRight((value, byte) => (((value >> 14) & 1) | ((value << 1) & 0x7fff)) ^ byte, 0)
  return turned ^ 0xce4b
}

/** MS-OFFCRYPTO §2.3.6.2, of block 0. */
function rc4Key(salt: Buffer): Buffer {
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest()
  const start = md5(Buffer.from(DEFAULT_PASSWORD, 'utf16le')).subarray(0, 5)
  const salted = md5(Buffer.concat(Array.from({ length: 16 }, () => Buffer.concat([start, salt])))).subarray(0, 5)
  return md5(Buffer.concat([salted, Buffer.alloc(4)]))
}

/** The verifier and its hash are encrypted one behind the other. */
function isVerified(name: 'md5' | 'sha1', key: Buffer, verifier: Buffer, hash: Buffer): boolean {
  const plain = rc4(key, Buffer.concat([verifier, hash]))
  return createHash(name)
    .update(plain.subarray(0, 16))
    .digest()
    .equals(plain.subarray(16, 16 + hash.length))
}
