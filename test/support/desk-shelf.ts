/** What the scripted desk keeps, and the JSON in which it speaks of it. */
import { createHash } from 'node:crypto'

export type KeptDocument = {
  readonly id: string
  readonly name: string
  readonly sha256: string
  readonly bytes: Buffer
  readonly description: string | undefined
}

export const ACCOUNT = '50004'

/** Builds before 2020.2 and 2023.1 leave columns out of the list. */
export type Build = '2025.3' | '2019.1'

export class Shelf {
  readonly #kept = new Map<string, readonly KeptDocument[]>()
  #count = 0

  on(ticket: string): readonly KeptDocument[] {
    return this.#kept.get(ticket.toUpperCase()) ?? []
  }

  find(id: string): KeptDocument | undefined {
    return [...this.#kept.values()].flat().find(kept => kept.id === id)
  }

  /** The same file twice is two documents. */
  put(ticket: string, file: Pick<KeptDocument, 'name' | 'bytes' | 'description'>): KeptDocument {
    this.#count += 1
    const id = `${ACCOUNT}_${sha256(Buffer.from(`document ${this.#count}`))}`
    const document = { id, ...file, sha256: sha256(file.bytes) }
    this.#kept.set(ticket.toUpperCase(), [...this.on(ticket), document])
    return document
  }
}

export function listOf(url: string, ticket: string, documents: readonly KeptDocument[], build: Build): unknown {
  const parent = `${url}/requests/${ticket}`
  const link = `${new URL(url).origin}/autoconnect_mail.php?field1=x&docpath=${ACCOUNT}/Documents/`
  return {
    PARENT_HREF: parent,
    HREF: `${parent}/documents`,
    Documents: documents.map(({ id, name }) => ({
      HREF: `${link}${id}%7C${encodeURIComponent(name)}`,
      PARENT_HREF: parent,
      DOCUMENT_ID: id,
      ...(build === '2019.1' ? {} : { DOCUMENT: name, DDL_HREF: `${parent}/documents/${id}` }),
    })),
  }
}

export const recordOf = (url: string, ticket: string, columns: Readonly<Record<string, unknown>> = {}): unknown => ({
  HREF: `${url}/requests/${ticket}`,
  RFC_NUMBER: ticket,
  REQUEST_ID: '784090',
  STATUS_ID: '2',
  STATUS: { STATUS_ID: '2', STATUS_GUID: '{0A0E0B0C-1111-2222-3333-444455556666}', STATUS_EN: 'In Progress' },
  END_DATE_UT: '',
  REQUESTOR: { E_MAIL: 'Ann.Reporter@example.com' },
  RECIPIENT: { E_MAIL: 'bob@example.com' },
  ...columns,
})

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
