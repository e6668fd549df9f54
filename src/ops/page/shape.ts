/** Mails by state and age, as Postfix's qshape prints them: age tells trouble, counts do not. */
import type { Books } from '../../gateway/books.ts'
import type { EntryState } from '../../mail/outcome.ts'
import { type Html, html } from './html.ts'
import { count, stateBadge, type View } from './view.ts'

export type Ages = Awaited<ReturnType<Books['ages']>>

export const STATES: readonly EntryState[] = [
  'held',
  'queued',
  'active',
  'deferred',
  'bounced',
  'delivered',
  'discarded',
  'ignored',
]

/** How many mails of a state, of those not older than so many minutes. */
export const totalOf = (ages: Ages, state: EntryState, upTo = Number.POSITIVE_INFINITY): number =>
  ages
    .filter(one => one.state === state && (one.upTo ?? Number.POSITIVE_INFINITY) <= upTo)
    .reduce((sum, one) => sum + one.count, 0)

export function byAge(ages: Ages, view: View): Html {
  const { words } = view
  const bounds = [...new Set(ages.map(({ upTo }) => upTo))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity))
  const rows = STATES.flatMap(state => {
    const counts = ages.filter(one => one.state === state)
    if (counts.length === 0) return []
    const of = (bound: number | null): number =>
      counts.filter(({ upTo }) => upTo === bound).reduce((sum, one) => sum + one.count, 0)
    const all = html`<td class="number"><a class="count" href="/mails?state=${state}">${count(totalOf(ages, state), view)}</a></td>`
    return html`<tr><th scope="row">${stateBadge(state, view)}</th>${all}${bounds.map(bound => cell(of(bound), view))}</tr>`
  })
  if (rows.length === 0) return html`<p class="quiet">${words.ages.none}</p>`
  const heads = [
    words.ages.all,
    ...bounds.map(bound => (bound === null ? words.ages.older : words.ages.upTo(spanOf(bound, view)))),
  ]
  return html`<p class="about">${words.ages.caption}</p><div class="scroll" tabindex="0" role="region" aria-label="${words.ages.title}"><table class="ages"><thead><tr><th scope="col">${words.ages.state}</th>${heads.map(head => html`<th scope="col" class="number">${head}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div>`
}

const cell = (number: number, view: View): Html =>
  number === 0 ? html`<td class="number none">·</td>` : html`<td class="number">${count(number, view)}</td>`

function spanOf(minutes: number, { words: { ages } }: View): string {
  if (minutes < 60) return `${minutes} ${ages.minutes}`
  return minutes < 1440 ? `${minutes / 60} ${ages.hours}` : `${minutes / 1440} ${ages.days}`
}
