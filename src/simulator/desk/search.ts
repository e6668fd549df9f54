/** `?search=` as the desk understands it, and its one dangerous habit: a filter it cannot read is no filter. */
import { type Answer, json, refused } from './answers.ts'
import type { Call, Handler } from './call.ts'
import { record } from './records.ts'
import { employee } from './tickets.ts'

type Row = Readonly<Record<string, unknown>>

/** `GET /requests?search=rfc_number:"I161026_000005"`. */
export const searchRequests: Handler = (call, desk) => ({
  apply: () => {
    const conditions = conditionsIn(call.query.get('search') ?? '')
    const wrong = conditions.find(({ field, value }) => field === 'REQUEST_ID' && !/^\d+$/.test(value))
    if (wrong !== undefined) return refused(desk.switches(), `Conversion failed: ${wrong.value} is not a number`)
    const known = new Map(desk.tickets.all().map(ticket => [ticket.number, ticket]))
    // A desk that knows any ticket has written down only those it was given something for.
    for (const { value } of conditions.filter(({ field }) => field === 'RFC_NUMBER')) {
      const ticket = desk.tickets.find(value, desk.switches().unknown)
      if (ticket !== undefined) known.set(ticket.number, ticket)
    }
    const rows = [...known.values()].map(ticket => record(call, ticket))
    return paged(
      call,
      'requests',
      rows.filter(row => fits(row, conditions)),
    )
  },
})

/** `GET /employees?search=e_mail:"user@example.com"`. */
export const searchEmployees: Handler = (call, desk) => ({
  apply: () => {
    const conditions = conditionsIn(call.query.get('search') ?? '')
    const named = conditions.filter(({ field }) => field === 'E_MAIL').map(({ value }) => value.toLowerCase())
    const known = new Set(desk.tickets.employees().map(one => one.E_MAIL))
    for (const mail of named) if (desk.tickets.employee(mail) !== undefined) known.add(mail)
    const rows = [...known].map(employee)
    return paged(
      call,
      'employees',
      rows.filter(row => fits(row, conditions)),
    )
  },
})

type Condition = { readonly field: string; readonly value: string; readonly like: boolean }

/** `field:"value"` is exact, `field~part*` has wildcards, a comma stands between; anything unreadable makes the list empty: no filter at all. */
function conditionsIn(search: string): readonly Condition[] {
  const pieces = search.match(/(?:[^,"]|"[^"]*")+/g) ?? []
  const read = pieces.map(piece => /^\s*([a-z_.]+)\s*([:~])\s*(?:"([^"]*)"|([^"]*?))\s*$/i.exec(piece))
  if (read.some(one => one === null)) return []
  return read.flatMap(one =>
    one === null ? [] : [{ field: (one[1] ?? '').toUpperCase(), value: one[3] ?? one[4] ?? '', like: one[2] === '~' }],
  )
}

/** The same field twice is "or", another field is "and". A field nobody knows is ignored. */
function fits(row: Row, conditions: readonly Condition[]): boolean {
  return conditions
    .filter(({ field }) => typeof row[field] === 'string')
    .every(({ field }) => conditions.some(one => one.field === field && meets(String(row[field]), one)))
}

function meets(text: string, { value, like }: Condition): boolean {
  const [have, want] = [text.toLowerCase(), value.toLowerCase()]
  if (!like) return have === want
  const pieces = want.split('*')
  if (pieces.length === 1) return have === want
  if (!have.startsWith(pieces[0] ?? '') || !have.endsWith(pieces.at(-1) ?? '')) return false
  let at = 0
  for (const piece of pieces) {
    const found = have.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return true
}

function paged(call: Call, what: string, rows: readonly Row[]): Answer {
  const most = Math.max(1, Number(call.query.get('max_rows')) || 100)
  const offset = Math.max(0, Number(call.query.get('offset')) || 0)
  const page = rows.slice(offset, offset + most)
  const own = `${call.base}/${what}`
  const next = new URLSearchParams(call.query)
  next.set('offset', String(offset + most))
  const body = {
    HREF: own,
    record_count: String(page.length),
    total_record_count: String(rows.length),
    records: page,
    ...(offset + most < rows.length ? { '@next': `${own}?${next}` } : {}),
  }
  return json(200, body)
}
