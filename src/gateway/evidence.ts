/** How sure a look at the ticket can make us of an upload whose answer was lost: it follows from what the desk shows (gateway/find.ts). */

/** `hash`: the octets are compared; `name`: a single new document of that name is ours; `count`: only that nothing new is there can be seen; `none`. */
export type Evidence = 'hash' | 'name' | 'count' | 'none'

export type Shown = {
  readonly list: boolean
  readonly download: boolean
  /** Whether documents are listed with their names; undefined = no document was seen yet. */
  readonly names: boolean | undefined
}

export function evidenceOf({ list, download, names }: Shown): Evidence {
  if (!list) return 'none'
  if (download) return 'hash'
  return names === false ? 'count' : 'name'
}
