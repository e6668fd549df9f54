/** A look at a file's first octets: what they say it is, whether it is a program, how large an image is. */
import type * as FileType from 'file-type'
import type * as ImageSize from 'image-size'
import { SCRIPT } from '../mail/part.ts'

export type Look = {
  readonly sniffed: string | undefined
  readonly executable: boolean
  readonly image: { readonly width: number; readonly height: number } | undefined
}

/** `head`: at least the first 4 KiB; for images up to 256 KiB, since cameras put a preview before the size. Never throws. */
export async function look(head: Buffer, declared: string): Promise<Look> {
  const sniffed = seenAs(head) ?? (await sniff(head.subarray(0, 4096))) ?? (isScript(head) ? SCRIPT : undefined)
  const image = `${sniffed ?? ''} ${declared}`.includes('image/') ? await pixels(head) : undefined
  return { sniffed, executable: isProgram(head), image }
}

/** What file-type does not tell: images of discs (ECMA-119 §8), installers and their patches (by the class of their root, MS-CFB §2.6.1). */
function seenAs(head: Buffer): string | undefined {
  if (head.subarray(0x8001, 0x8006).toString('latin1') === 'CD001') return 'application/x-iso9660-image'
  const installer = head.subarray(0, 8).equals(COMPOUND) && INSTALLERS.some(one => head.includes(one))
  return installer ? 'application/x-msi' : undefined
}

const COMPOUND = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const INSTALLERS = ['84100c0000000000c000000000000046', '86100c0000000000c000000000000046'].map(id =>
  Buffer.from(id, 'hex'),
)

// Loaded at the first need, and kept: `import` looks for a package anew each time, and there are
// several files in a mail.
let fileType: typeof FileType | undefined
let imageSizes: typeof ImageSize | undefined

/** The type that the first bytes show; undefined when they show none. */
export async function sniff(head: Buffer): Promise<string | undefined> {
  if (head.length < 4) return undefined
  fileType ??= await import('file-type')
  try {
    return (await fileType.fileTypeFromBuffer(head))?.mime
  } catch {
    // A file that is cut short or made up says nothing; that is no failure of the mail.
    return undefined
  }
}

async function pixels(head: Buffer): Promise<Look['image']> {
  imageSizes ??= await import('image-size')
  try {
    const { width, height } = imageSizes.imageSize(head)
    // A header of zeros tells nothing about the size.
    return width > 0 && height > 0 && width + height < Number.POSITIVE_INFINITY ? { width, height } : undefined
  } catch {
    return undefined
  }
}

/**
 * PE, ELF (but for a core dump), Mach-O (and Java class, which shares its number), scripts that
 * name their interpreter, Windows shortcuts.
 */
function isProgram(head: Buffer): boolean {
  const start = head.subarray(0, 4).toString('hex')
  if (MAGIC.has(start)) return !isCoreDump(head)
  if (head.subarray(0, 20).equals(SHORTCUT)) return true
  if (isScript(head)) return true
  return start.startsWith('4d5a') && isDos(head)
}

const isScript = (head: Buffer): boolean => /^#![ \t]*\//.test(head.subarray(0, 64).toString('latin1'))

/**
 * ELF's e_type ET_CORE (gABI, ELF header), in either order of octets: what a program leaves behind
 * when it crashes, and nothing that runs.
 */
const isCoreDump = (head: Buffer): boolean =>
  head.subarray(0, 4).equals(ELF) && head.length >= 18 && head.readUInt16LE(16) === (head[5] === 2 ? 0x0400 : 4)

const ELF = Buffer.from('\x7FELF', 'latin1')
const MAGIC = new Set(['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', 'bebafeca'])
const SHORTCUT = Buffer.from('4c0000000114020000000000c000000000000046', 'hex')

/** Text may begin with the letters MZ too; a DOS header has zeros in it or leads to a PE header. */
const isDos = (head: Buffer): boolean =>
  head.subarray(0, 64).includes(0) || (head.length >= 64 && head.indexOf('PE\0\0', head.readUInt32LE(60)) !== -1)
