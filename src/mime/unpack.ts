/** Takes the files out of a winmail.dat: each becomes a part of its own, stored, hashed and looked at as the others are. */
import { open } from 'node:fs/promises'
import { isFault } from '../mail/fault.ts'
import type { Part } from '../mail/part.ts'
import { plain } from '../mail/plain.ts'
import type { Allowance } from './allowance.ts'
import { look } from './look.ts'
import { keptFile } from './password.ts'
import { Span } from './span.ts'
import { HEAD, Store } from './store.ts'
import { type Inside, type Outline, outlineOf } from './tnef.ts'

type FilePart = Omit<Part, 'cited'>

export type Unpacked = {
  /**
   * What the container is now: `file` when it holds something that could not be taken out, and so
   * has to go along; `alternative` when it has no file and only renders the text; `report` when it
   * is a receipt.
   */
  readonly role: 'tnef' | 'file' | 'alternative' | 'report'
  /** `2/1`, `2/2`, …; empty when there is nothing to take out, or it cannot be read. */
  readonly parts: readonly FilePart[]
  /** A sentence for the trace. */
  readonly remark: string
  /** The text of the mail as the container has it. */
  readonly text: Outline['text']
}

/** `file`: where the container's decoded octets lie; what is inside goes beside it. Faults are those of the machine only. */
export async function unpack(part: string, file: string, allowance: Allowance): Promise<Unpacked> {
  try {
    await using opened = await open(file)
    const { size } = await opened.stat()
    const { files, rest, text, messageClass } = outlineOf(Span.of(opened.fd, size), allowance)
    const parts: FilePart[] = []
    for (const [n, inside] of files.entries()) parts.push(await partOf(inside, `${part}/${n + 1}`, `${file}.${n + 1}`))
    const stays = [...rest].join(', ')
    if (parts.length === 0)
      return {
        role: roleWithoutFiles(messageClass, rest),
        parts,
        text,
        remark: `no file was found inside part ${part}`,
      }
    const remark = `part ${part} was opened; inside: ${listOf(parts)}`
    if (stays === '') return { role: 'tnef', parts, text, remark }
    return { role: 'file', parts, text, remark: `${remark}; what could not be taken out of it: ${stays}` }
  } catch (error) {
    if (!isFault(error)) throw error
    const remark = `part ${part} could not be opened: ${error.message}`
    return { role: 'tnef', parts: [], remark, text: undefined }
  }
}

/** A contact or a task has its content in properties that are read nowhere else: it goes as it is. */
function roleWithoutFiles(messageClass: string | undefined, rest: ReadonlySet<string>): Unpacked['role'] {
  const kind = messageClass ?? ''
  if (RECEIPT.test(kind)) return 'report'
  return rest.size === 0 && NOTE.test(kind) ? 'alternative' : 'tnef'
}

/** Message classes of receipts, delivery reports and answers to invitations, and of mails (MS-OXTNEF §2.1.3.3.18). */
const RECEIPT =
  /^REPORT\.|\.(?:IPNRN|IPNNRN|NDR|DR)$|^IPM\.Microsoft Mail\.(?:Read Receipt|Non-Delivery)|^IPM\.(?:Schedule\.Meeting\.Resp|Microsoft Schedule\.MtgResp)/i
const NOTE = /^(?:IPM|IPM\.Note(?:\..*)?|IPM\.Microsoft Mail\.Note|)$/i

async function partOf({ name, type, contentId, octets }: Inside, part: string, path: string): Promise<FilePart> {
  const store = new Store(path)
  for (const chunk of octets.chunks()) store.write(chunk)
  const head = store.start(HEAD)
  const seen = await look(head, type)
  const facts = { part, type, contentId, originalName: name, size: store.size, sha256: store.digest() }
  return { ...facts, ...seen, role: 'file', disposition: 'attachment', ...keptFile(store, head) }
}

const NAMED = 10

function listOf(parts: readonly FilePart[]): string {
  const names = parts.slice(0, NAMED).map(({ originalName }) => plain(originalName ?? '(no name)', 100))
  return names.join(', ') + (parts.length > NAMED ? ` and ${parts.length - NAMED} more` : '')
}
