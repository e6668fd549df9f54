/** The last 30 days as three pictures, drawn here as SVG, each with its numbers as a table for those who cannot see it. */
import type { Day } from '../../gateway/books.ts'
import type { EntryState } from '../../mail/outcome.ts'
import { type Html, html } from './html.ts'
import { count, dayName, span, type View } from './view.ts'

const WIDTH = 640
const HEIGHT = 140
const LEFT = 64
const BOTTOM = 22
const TOP = 12
const PLOT = HEIGHT - BOTTOM - TOP

type Kind = 'delivered' | 'bounced' | 'discarded' | 'held' | 'open'

const KINDS: readonly Kind[] = ['delivered', 'bounced', 'discarded', 'held', 'open']
const OPEN: readonly EntryState[] = ['queued', 'active', 'deferred']

export function picture(days: readonly Day[], view: View): Html {
  const { words } = view
  const total = days.reduce((sum, day) => sum + KINDS.reduce((all, kind) => all + of(day, kind), 0), 0)
  const charts =
    total === 0
      ? html`<p class="quiet">${words.picture.quiet}</p>`
      : html`<div class="charts">${outcomes(days, total, view)}${waits(days, view)}${times(days, view)}</div>
<details><summary>${words.picture.asTable}</summary>${table(days, view)}</details>`
  return html`<section class="card"><h2>${words.picture.title}</h2>${charts}</section>`
}

const of = ({ counts }: Day, kind: Kind): number =>
  kind === 'open' ? OPEN.reduce((sum, state) => sum + counts[state], 0) : counts[kind]

const labelOf = (kind: Kind, { words }: View): string => (kind === 'open' ? words.picture.open : words.states[kind])

function outcomes(days: readonly Day[], total: number, view: View): Html {
  const { words } = view
  const most = niceTop(Math.max(1, ...days.map(day => KINDS.reduce((sum, kind) => sum + of(day, kind), 0))))
  const bars = days.map((day, n) => {
    let below = 0
    return KINDS.map(kind => {
      const number = of(day, kind)
      if (number === 0) return undefined
      below += number
      const height = (number / most) * PLOT
      return html`<rect class="f-${kind}" ${place(n, days.length, TOP + PLOT - (below / most) * PLOT, height)}><title>${dayName(day.from, view)}: ${count(number, view)} ${labelOf(kind, view)}</title></rect>`
    })
  })
  const legend = KINDS.map(
    kind =>
      html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="f-${kind}" width="10" height="10" rx="2"/></svg>${labelOf(kind, view)}</li>`,
  )
  const lines = [most, most / 2].map(value => ({ y: TOP + PLOT - (value / most) * PLOT, label: count(value, view) }))
  const about = words.picture.mailsAbout(days.length, total)
  return figure(
    'mails',
    words.picture.mails,
    about,
    html`${grid(lines)}${bars}${axis(days, view)}`,
    html`<ul class="legend">${legend}</ul>`,
  )
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function waits(days: readonly Day[], view: View): Html {
  const scale = logarithmic(MINUTE, Math.max(2 * DAY, ...days.map(({ waiting }) => waiting.oldest)))
  const bars = days.map(({ from, waiting }, n) => {
    if (waiting.count === 0) return undefined
    const y = scale(waiting.oldest)
    return html`<rect class="f-${waiting.oldest > DAY ? 'bounced' : 'open'}" ${place(n, days.length, y, TOP + PLOT - y)}><title>${dayName(from, view)}: ${count(waiting.count, view)}, ${span(waiting.oldest, view)}</title></rect>`
  })
  const lines = [10 * MINUTE, 2 * HOUR, DAY].map(value => ({ y: scale(value), label: span(value, view) }))
  const { waits: title, waitsAbout: about } = view.words.picture
  return figure('waits', title, about, html`${grid(lines)}${bars}${axis(days, view)}`)
}

function times(days: readonly Day[], view: View): Html {
  const scale = logarithmic(1000, Math.max(HOUR, ...days.map(({ toTicket }) => toTicket?.slow ?? 0)))
  const marks = days.map(({ from, toTicket }, n) => {
    if (toTicket === undefined) return undefined
    const x = middle(n, days.length)
    const [median, slow] = [scale(toTicket.median), scale(toTicket.slow)]
    return html`<g><title>${dayName(from, view)}: ${span(toTicket.median, view)}, 95 % ${span(toTicket.slow, view)}</title><line class="line" x1="${x}" x2="${x}" y1="${median.toFixed(1)}" y2="${slow.toFixed(1)}"/><circle class="f-open" cx="${x}" cy="${median.toFixed(1)}" r="4"/></g>`
  })
  const lines = [10_000, 2 * MINUTE, HOUR].map(value => ({ y: scale(value), label: span(value, view) }))
  const { time: title, timeAbout: about } = view.words.picture
  return figure('time', title, about, html`${grid(lines)}${marks}${axis(days, view)}`)
}

const figure = (id: string, title: string, about: string, drawing: Html, legend?: Html): Html =>
  html`<figure><figcaption><b>${title}</b>${about}</figcaption>${legend}<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-about"><title id="${id}-title">${title}</title><desc id="${id}-about">${about}</desc>${drawing}</svg></figure>`

const step = (days: number): number => (WIDTH - LEFT) / days
const middle = (n: number, days: number): string => (LEFT + (n + 0.5) * step(days)).toFixed(1)

const place = (n: number, days: number, y: number, height: number): Html =>
  html`x="${(LEFT + (n + 0.15) * step(days)).toFixed(1)}" y="${y.toFixed(1)}" width="${(step(days) * 0.7).toFixed(1)}" height="${Math.max(height, 1.5).toFixed(1)}"`

/** Everything below `least` lies on the ground. */
const logarithmic = (least: number, most: number) => (value: number) =>
  TOP + PLOT - (Math.max(0, Math.log(Math.max(value, 1) / least)) / Math.log(most / least)) * PLOT

const niceTop = (most: number): number => {
  const power = 10 ** Math.floor(Math.log10(most))
  return Math.max(2, [1, 2, 3, 4, 6, 8, 10].map(one => one * power).find(one => one >= most && one % 2 === 0) ?? most)
}

const grid = (lines: readonly { readonly y: number; readonly label: string }[]): Html =>
  html`${[...lines, { y: TOP + PLOT, label: '' }].map(
    ({ y, label }) =>
      html`<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/><text x="${LEFT - 8}" y="${(y + 4).toFixed(1)}" text-anchor="end">${label}</text>`,
  )}`

/** A name below every seventh day, counted from today. */
const axis = (days: readonly Day[], view: View): Html =>
  html`${days.map(({ from }, n) =>
    (days.length - 1 - n) % 7 === 0
      ? html`<text x="${middle(n, days.length)}" y="${HEIGHT - 4}" text-anchor="${n === days.length - 1 ? 'end' : 'middle'}">${dayName(from, view)}</text>`
      : undefined,
  )}`

function table(days: readonly Day[], view: View): Html {
  const { picture: words } = view.words
  const rows = days
    .toReversed()
    .map(
      day =>
        html`<tr><th scope="row">${dayName(day.from, view)}</th>${KINDS.map(kind => html`<td class="number">${count(of(day, kind), view)}</td>`)}<td class="number">${count(day.waiting.count, view)}</td><td class="number">${day.waiting.count === 0 ? '·' : span(day.waiting.oldest, view)}</td><td class="number">${day.toTicket === undefined ? '·' : span(day.toTicket.median, view)}</td><td class="number">${day.toTicket === undefined ? '·' : span(day.toTicket.slow, view)}</td></tr>`,
    )
  const heads = [...KINDS.map(kind => labelOf(kind, view)), words.waiting, words.oldest, words.median, words.slow]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${words.asTable}"><table><thead><tr><th scope="col">${words.day}</th>${heads.map(head => html`<th scope="col" class="number">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`
}
