/** Files that were written into a text as `data:` URIs become parts: `1.2/1`, `1.2/2`, … */
import { createHash } from 'node:crypto'
import { isFault } from '../mail/fault.ts'
import type { Part } from '../mail/part.ts'
import type { Allowance } from './allowance.ts'
import type { DataUriFile } from './data-uris.ts'
import { look } from './look.ts'
import { HEAD, Store } from './store.ts'

type FilePart = Omit<Part, 'cited'>

/** `pictures`: the reference to each file by SHA-256, so that a file shown twice is one part. */
export type PicturesOf = { readonly allowance: Allowance; readonly pictures: Map<string, string> }

export class Pictures {
  readonly files: {
    readonly cid: string
    readonly type: string
    readonly name: string | undefined
    readonly store: Store
  }[] = []
  readonly #part: string
  readonly #path: string
  readonly #mail: PicturesOf
  readonly #first: number

  /** `path`: where the text is stored; the files go beside it. `first`: their first number. */
  constructor(part: string, path: string, mail: PicturesOf, first: number) {
    this.#part = part
    this.#path = path
    this.#mail = mail
    this.#first = first
  }

  /** The reference to the file; undefined when the allowance of the mail is spent. */
  add({ type, name, bytes }: DataUriFile): string | undefined {
    const digest = createHash('sha256').update(bytes).digest('hex')
    const known = this.#mail.pictures.get(digest)
    if (known !== undefined) return known
    if (!this.#mayAdd()) return undefined
    const number = this.#first + this.files.length
    const cid = `${number}.${this.#part.replaceAll('/', '_')}@data-uri`
    const store = new Store(`${this.#path}.data-${number}`)
    store.write(bytes)
    this.files.push({ cid, type, name, store })
    this.#mail.pictures.set(digest, cid)
    return cid
  }

  async parts(): Promise<readonly FilePart[]> {
    const parts: FilePart[] = []
    for (const [at, { cid, type, name, store }] of this.files.entries()) {
      const seen = await look(store.start(HEAD), type)
      const isImage = type.startsWith('image/') || seen.sniffed?.startsWith('image/') === true
      parts.push({
        part: `${this.#part}/${this.#first + at}`,
        type,
        role: isImage ? 'inline-image' : 'file',
        disposition: 'inline',
        contentId: cid,
        originalName: name,
        size: store.size,
        sha256: store.digest(),
        ...seen,
        file: store.keep(),
      })
    }
    return parts
  }

  #mayAdd(): boolean {
    try {
      this.#mail.allowance.file()
      return true
    } catch (error) {
      if (isFault(error)) return false
      throw error
    }
  }
}
