/** The ledger against the folders, UID by UID: what mailclip owes and does not keep is a difference, what people did is a remark. */
import type { Contents, Folders, Placed, Places } from './books.ts'

export type Compared = {
  readonly mailbox: string
  /** A sentence each. */
  readonly differences: readonly string[]
  /** What is not as it was left, and need not be: mail that came since, mail that people moved or deleted. */
  readonly remarks: readonly string[]
}

type Finding = { readonly difference: boolean; readonly about: string; readonly what: string }

/**
 * Compares what is durable with what lies there. A worker may move mail meanwhile, so what was found is looked for a second time, and only what
 * is found twice is told: no mail moves twice. Throws faults of scopes `mailbox` and `ledger`.
 */
export async function compare(places: Places, folders: Folders, signal: AbortSignal): Promise<Compared> {
  const first = await look(places, folders, signal)
  const second = first.length === 0 ? [] : await look(places, folders, signal)
  const twice = new Set(second.map(keyOf))
  const found = first.filter(one => twice.has(keyOf(one)))
  return {
    mailbox: folders.name,
    differences: found.filter(({ difference }) => difference).map(({ about, what }) => `${about} ${what}`),
    remarks: gathered(found.filter(({ difference }) => !difference)),
  }
}

const keyOf = ({ about, what }: Finding): string => `${about} ${what}`

async function look(places: Places, folders: Folders, signal: AbortSignal): Promise<readonly Finding[]> {
  const watched = await folders.watched(signal)
  const { folder, uidValidity } = watched
  const cursor = await places.cursor({ mailbox: folders.name, folder, uidValidity })
  const open = opener(watched, folders, signal)
  const known = new Set<number>()
  const found: Finding[] = []
  for await (const one of places.placed(folders.name)) {
    for (const place of [one.sighted, one.filed])
      if (place?.folder === folder && place.uidValidity === uidValidity && place.uid !== undefined) known.add(place.uid)
    const finding = one.stub || one.state === 'ignored' ? undefined : await judge(one, watched, open)
    if (finding !== undefined) found.push(finding)
  }
  for (const uid of watched.uids) {
    if (known.has(uid)) continue
    found.push(
      cursor !== undefined && uid <= cursor
        ? difference(`UID ${uid}`, `lies in ${folder} and is not in the ledger`)
        : remark(`UID ${uid}`, `in ${folder} came since the last sweep`),
    )
  }
  return found
}

type Open = (folder: string) => Promise<Contents | undefined>

function opener(watched: Contents, folders: Folders, signal: AbortSignal): Open {
  const opened = new Map<string, Promise<Contents | undefined>>([[watched.folder, Promise.resolve(watched)]])
  return folder => {
    const known = opened.get(folder) ?? folders.contents(folder, signal)
    opened.set(folder, known)
    return known
  }
}

async function judge(one: Placed, watched: Contents, open: Open): Promise<Finding | undefined> {
  const { id, state, sighted, filed, settled } = one
  // What is decided and not yet visible may lie here or there: the next sweep settles it.
  if (filed === undefined && settled) return undefined
  const about = `mail ${id}`
  if (filed !== undefined && filed.folder !== sighted.folder && stillThere(sighted, watched))
    return difference(about, `was filed in ${filed.folder} and still lies in ${sighted.folder} as UID ${sighted.uid}`)
  const { folder, uidValidity, uid } = filed ?? sighted
  if (uidValidity === undefined || uid === undefined)
    return remark(about, `in ${folder}: the server did not say under which number it was filed`)
  const contents = await open(folder)
  if (contents !== undefined && contents.uidValidity !== uidValidity)
    return remark(about, `in ${folder}: the folder has new numbers since (UIDVALIDITY), so nobody can tell`)
  if (contents?.uids.has(uid)) return undefined
  if (!settled)
    return remark(about, `no longer lies in ${folder} as UID ${uid}: the next try, or the next sweep, sees to it`)
  const gone = `no longer lies in ${folder} as UID ${uid}: somebody moved or deleted it`
  // Its files are on the ticket: people may tidy up. Whatever is not on a ticket has to be visible in the mailbox (docs/states.md).
  return state === 'bounced' || state === 'held'
    ? difference(about, `is ${state} and ${gone}`)
    : remark(about, `is ${state} and ${gone}`)
}

const stillThere = ({ folder, uidValidity, uid }: Placed['sighted'], watched: Contents): boolean =>
  folder === watched.folder && uidValidity === watched.uidValidity && watched.uids.has(uid) && !watched.deleted.has(uid)

const difference = (about: string, what: string): Finding => ({ difference: true, about, what })
const remark = (about: string, what: string): Finding => ({ difference: false, about, what })

/** Thousands that people tidied away are one sentence. */
function gathered(remarks: readonly Finding[]): readonly string[] {
  const alike = Map.groupBy(remarks, ({ what }) => what.replace(/ as UID \d+/, ''))
  return [...alike].map(([what, [first, ...more]]) => {
    if (more.length === 0) return `${first?.about} ${first?.what}`
    return `${first?.about} and ${more.length} more: ${what}`
  })
}
