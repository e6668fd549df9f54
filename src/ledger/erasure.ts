/** Erasing one sender's personal data; a stub stays, so that nothing is sent twice, and a row that says that it was done. */
import { canonical } from '../mail/address.ts'
import { type EntryRow, writeTrace } from './rows.ts'
import type { Db } from './tables.ts'
import { strip } from './trim.ts'

type Row = Pick<EntryRow, 'id' | 'state' | 'settled_at'>

export type Left = { readonly id: string; readonly why: string }

export type Forgotten = {
  readonly at: Date
  /** Ids of the mails whose personal data is gone. */
  readonly erased: readonly string[]
  /** Mails of this sender that are not over yet: nothing of them was erased. */
  readonly left: readonly Left[]
}

/** `address` in any spelling. Mails that still have to be tried, filed, told of or looked at need their data, and are left. */
export async function forget(db: Db, address: string, now: Date): Promise<Forgotten> {
  const wanted = canonical(address)
  const erased: number[] = []
  const left: Left[] = []
  for (const row of await fromSender(db, wanted)) {
    const why = refusal(row)
    if (why === undefined) erased.push(row.id)
    else left.push({ id: String(row.id), why })
  }
  if (erased.length > 0) {
    await strip(db, erased, now)
    for (const id of erased) await writeTrace(db, id, now, 0, ['the personal data of its sender was erased'])
    await db.insertInto('erasure').values({ at: now.getTime(), mails: erased.length }).execute()
  }
  return { at: now, erased: erased.map(String), left }
}

export async function erasures(db: Db): Promise<readonly { readonly at: Date; readonly mails: number }[]> {
  const rows = await db.selectFrom('erasure').selectAll().orderBy('id').execute()
  return rows.map(({ at, mails }) => ({ at: new Date(Number(at)), mails: Number(mails) }))
}

/** Spellings differ in case and in how a domain is written, and engines do not agree on what is lower case: compared here. */
async function fromSender(db: Db, wanted: string | undefined): Promise<readonly Row[]> {
  if (wanted === undefined) return []
  const known = await db
    .selectFrom('entry')
    .select('from_address')
    .distinct()
    .where('from_address', 'is not', null)
    .execute()
  const spellings = known.flatMap(({ from_address: one }) => (one !== null && canonical(one) === wanted ? [one] : []))
  if (spellings.length === 0) return []
  return db
    .selectFrom('entry')
    .select(['id', 'state', 'settled_at'])
    .where('from_address', 'in', spellings)
    .orderBy('id')
    .execute()
}

function refusal({ state, settled_at }: Row): string | undefined {
  switch (state) {
    case 'active':
      return 'it is being tried right now'
    case 'queued':
    case 'deferred':
      return `it is ${state}: discard it, or wait until it is over`
    case 'held':
      return 'it is held, and could not be released any more: discard it first'
    default:
      return settled_at === null ? 'it is still to be filed, or its sender to be told' : undefined
  }
}
