/**
 * PDFs that need a password to be opened (ISO 32000-2 §7.6). Many are encrypted with an empty user
 * password, for their permissions alone, and open without one.
 *
 * 1. `startxref` at the end points to the newest trailer, which refers to the encryption
 *    dictionary.
 * 2. The dictionary stands in the file in the clear; its last version counts.
 * 3. The empty user password is tried as a reader tries it.
 */
import { createCipheriv, createHash } from 'node:crypto'
import type { FileBytes } from './file-bytes.ts'
import { isPdfDictionary, isPdfReference, type PdfObject, type PdfReference, pdfObjectAt } from './pdf-objects.ts'
import { rc4 } from './rc4.ts'

type Dictionary = ReadonlyMap<string, PdfObject>

/**
 * Bytes at the end in which a reader looks for `startxref`, and bytes of a table before its
 * trailer.
 */
const TAIL = 2048
const TABLE = 4 * 1024 * 1024

/** Bytes of a dictionary, with its strings. */
const OBJECT = 64 * 1024

/** Bytes of the file that are searched at once. */
const CHUNK = 1024 * 1024

export function isLockedPdf(file: FileBytes): boolean {
  const trailer = trailerOf(file)
  const encrypt = trailer?.get('/Encrypt')
  const dictionary = isPdfReference(encrypt) ? objectOf(file, encrypt) : encrypt
  // Others than the standard handler open for a certificate, not for a password.
  if (!isPdfDictionary(dictionary) || dictionary.get('/Filter') !== '/Standard') return false
  const ids = trailer?.get('/ID')
  const id = Array.isArray(ids) && Buffer.isBuffer(ids[0]) ? ids[0] : Buffer.alloc(0)
  return opensWithoutPassword(dictionary, id) === false
}

/** The newest trailer, or the dictionary of the newest cross-reference stream (§7.5.8). */
function trailerOf(file: FileBytes): Dictionary | undefined {
  const tail = file.tail(TAIL)
  const found = tail.lastIndexOf('startxref')
  const [, offset] = /^startxref\s{1,9}(\d{1,15})/.exec(tail.toString('latin1', found, found + 40)) ?? []
  if (found === -1 || offset === undefined) return undefined
  // Offsets count from the header, before which something may stand.
  const at = Number(offset) + Math.max(0, file.read(0, 1024).indexOf('%PDF-'))
  const start = file.read(at, OBJECT)
  const [stream] = /^\s{0,9}\d{1,10}\s{1,9}\d{1,5}\s{1,9}obj/.exec(start.toString('latin1', 0, 50)) ?? []
  if (stream !== undefined) return dictionaryAt(start, stream.length)
  if (!/^\s{0,9}xref/.test(start.toString('latin1', 0, 20))) return undefined
  const table = file.read(at, TABLE)
  const trailer = table.indexOf('trailer')
  return trailer === -1 ? undefined : dictionaryAt(table, trailer + 'trailer'.length)
}

function dictionaryAt(bytes: Buffer, at: number): Dictionary | undefined {
  const object = pdfObjectAt(bytes, at)
  return isPdfDictionary(object) ? object : undefined
}

/** The last object of that number: an update appends. */
function objectOf(file: FileBytes, { object, generation }: PdfReference): PdfObject {
  const start = `${object} ${generation} obj`
  let found: number | undefined
  for (let at = 0; at < file.size; at += CHUNK - start.length) {
    const chunk = file.read(at, CHUNK)
    for (let hit = chunk.indexOf(start); hit !== -1; hit = chunk.indexOf(start, hit + 1))
      if (!isDigit(chunk[hit - 1])) found = at + hit + start.length
  }
  return found === undefined ? undefined : pdfObjectAt(file.read(found, OBJECT), 0)
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/** Undefined where the dictionary is of no known kind. */
function opensWithoutPassword(dictionary: Dictionary, id: Buffer): boolean | undefined {
  const revision = dictionary.get('/R')
  const [owner, user] = [dictionary.get('/O'), dictionary.get('/U')]
  if (typeof revision !== 'number' || !Buffer.isBuffer(owner) || !Buffer.isBuffer(user)) return undefined
  if (revision === 5 || revision === 6) {
    const salt = user.subarray(32, 40)
    if (salt.length < 8) return undefined
    const hash = revision === 5 ? sha('sha256', salt) : hardened(salt)
    return hash.equals(user.subarray(0, 32))
  }
  const permissions = dictionary.get('/P')
  if (![2, 3, 4].includes(revision) || typeof permissions !== 'number') return undefined
  const seed = [PADDING, owner.subarray(0, 32), littleEndian(permissions), id]
  if (revision === 4 && dictionary.get('/EncryptMetadata') === false) seed.push(Buffer.from('ffffffff', 'hex'))
  const sizes = new Set([5, 16, keyLength(dictionary)])
  return [...sizes].some(size => isUserKey(seed, size, revision, user, id))
}

const PADDING = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex')

function littleEndian(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(number | 0)
  return bytes
}

/** In bytes; what is written in bits, or by some programs in bytes. */
function keyLength(dictionary: Dictionary): number {
  const length = dictionary.get('/Length')
  const bits = typeof length === 'number' ? (length < 40 ? length * 8 : length) : 40
  return Math.min(16, Math.max(5, Math.floor(bits / 8)))
}

/** Algorithms 2, 4 and 5: whether the key of the empty password gives this `/U`. */
function isUserKey(seed: readonly Buffer[], size: number, revision: number, user: Buffer, id: Buffer): boolean {
  let key = md5(...seed)
  if (revision >= 3) for (let round = 0; round < 50; round++) key = md5(key.subarray(0, size))
  key = key.subarray(0, size)
  if (revision === 2) return rc4(key, PADDING).equals(user.subarray(0, 32))
  let check = md5(PADDING, id)
  for (let round = 0; round < 20; round++) {
    const n = round
    check = rc4(Buffer.from(key.map(byte => byte ^ n)), check)
  }
  return check.equals(user.subarray(0, 16))
}

/** Algorithm 2.B of revision 6, for the empty password. It ends after some 64 to 290 rounds. */
function hardened(salt: Buffer): Buffer {
  let key = sha('sha256', salt)
  for (let round = 1; ; round++) {
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(false)
    const encrypted = cipher.update(Buffer.concat(Array.from({ length: 64 }, () => key)))
    const sum = encrypted.subarray(0, 16).reduce((sum, byte) => sum + byte, 0)
    key = sha(HASHES[sum % 3] ?? 'sha256', encrypted)
    if (round >= 64 && (encrypted.at(-1) ?? 0) <= round - 32) return key.subarray(0, 32)
  }
}

const HASHES = ['sha256', 'sha384', 'sha512'] as const

const sha = (name: (typeof HASHES)[number], bytes: Buffer): Buffer => createHash(name).update(bytes).digest()

const md5 = (...pieces: readonly Buffer[]): Buffer => createHash('md5').update(Buffer.concat(pieces)).digest()
