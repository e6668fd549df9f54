/** The first page: whether the gateway works, who must rest, what waits and for how long, the last 30 days, and the newest mails. */
import type { Account, Books } from '../../gateway/books.ts'
import type { Suspension } from '../../gateway/ports.ts'
import type { EntryState } from '../../mail/outcome.ts'
import type { Ready } from '../health.ts'
import { page } from './frame.ts'
import { type Html, html } from './html.ts'
import { mailList } from './mails.ts'
import { type Ages, byAge, totalOf } from './shape.ts'
import { count, type View, when } from './view.ts'

const NEWEST = 8
const DAY = 1440

/** `picture`: the last 30 days, drawn; `said`: what has just been done. Throws what the books throw. */
export async function overview(
  books: Books,
  ready: Ready,
  picture: Html,
  view: View,
  said: Html | undefined,
): Promise<string> {
  const { words, now } = view
  const [ages, suspensions, accounts, newest] = await Promise.all([
    books.ages(now),
    books.suspensions(),
    books.accounts(),
    books.search({ most: NEWEST }),
  ])
  return page(
    words.overview,
    html`<h1 class="unseen">${words.overview}</h1>
${said}
${condition(ready, view)}
${sites(suspensions, view)}
${tiles(ages, view)}
<section class="card"><h2>${words.ages.title}</h2>${byAge(ages, view)}</section>
${picture}
<section class="card"><h2>${words.newest.title}</h2>
${mailList(newest.mails, view)}
<p><a href="/mails">${words.newest.all}</a></p></section>
<section class="card"><h2>${words.account.title}</h2>${account(accounts, view)}</section>`,
    view,
  )
}

function condition({ ready, reasons }: Ready, { words }: View): Html {
  if (ready) return html`<p class="notice">${words.working}. <span>${words.workingMore}</span></p>`
  return html`<div class="notice bad" role="alert">${words.notReady}<ul>${reasons.map(reason => html`<li>${reason}</li>`)}</ul></div>`
}

function sites(suspensions: readonly Suspension[], view: View): Html | undefined {
  const { words, now } = view
  if (suspensions.length === 0) return undefined
  const rows = suspensions.map(
    ({
      site,
      since,
      until,
      status,
      reason,
    }) => html`<tr><th scope="row">${site}</th><td>${reason} <span class="quiet">${status}</span></td><td>${when(since, view)}</td>
<td>${until > now ? when(until, view) : words.sites.atOnce}</td><td class="number"><a class="button" href="/sites/resume?site=${encodeURIComponent(site)}">${words.sites.clear}</a></td></tr>`,
  )
  return html`<section class="card"><h2>${words.sites.title}</h2><div class="scroll" tabindex="0" role="region" aria-label="${words.sites.title}"><table><thead><tr><th scope="col">${words.sites.site}</th><th scope="col">${words.sites.why}</th><th scope="col">${words.sites.since}</th><th scope="col">${words.sites.next}</th><td></td></tr></thead><tbody>
${rows}</tbody></table></div></section>`
}

/** The four numbers that are looked at each morning. */
function tiles(ages: Ages, view: View): Html {
  const { words } = view
  const open: readonly EntryState[] = ['queued', 'active', 'deferred']
  const waiting = open.reduce((sum, state) => sum + totalOf(ages, state), 0)
  const held = totalOf(ages, 'held')
  const tile = (href: string, name: string, number: number, more: string, alarm = false): Html =>
    html`<li><a href="${href}"${alarm ? { markup: ' class="alarm"' } : undefined}><span class="name">${name}</span><b>${count(number, view)}</b><span class="small quiet">${more}</span></a></li>`
  const heldMore = held === 0 ? words.tiles.nothing : words.tiles.heldMore
  const waitingMore = waiting === 0 ? words.tiles.nothing : words.tiles.waitingMore
  return html`<ul class="tiles">
${tile('/mails?state=held', words.tiles.held, held, heldMore, held > 0)}
${tile('/mails?state=waiting', words.tiles.waiting, waiting, waitingMore)}
${tile('/mails?state=bounced', words.tiles.bounced, totalOf(ages, 'bounced', DAY), words.tiles.lastDay)}
${tile('/mails?state=delivered', words.tiles.delivered, totalOf(ages, 'delivered', DAY), words.tiles.lastDay)}
</ul>`
}

const KINDS = ['delivered', 'bounced', 'discarded', 'held', 'deferred', 'waiting'] as const

function account(accounts: readonly Account[], view: View): Html {
  const { words } = view
  if (accounts.length === 0) return html`<p class="quiet">${words.account.none}</p>`
  const rows = accounts.map(one => {
    const difference = one.seen - KINDS.reduce((sum, kind) => sum + one[kind], 0)
    const verdict =
      difference === 0
        ? html`<span class="badge delivered">${words.account.adds}</span>`
        : html`<span class="badge held">${words.account.not(difference)}</span>`
    return html`<tr><th scope="row">${one.mailbox}</th><td class="number">${count(one.seen, view)}</td>${KINDS.map(kind => html`<td class="number">${count(one[kind], view)}</td>`)}<td class="number">${verdict}</td></tr>`
  })
  const heads = [
    words.account.seen,
    ...KINDS.map(kind => (kind === 'waiting' ? words.states.queued : words.states[kind])),
  ]
  return html`<p class="about">${words.account.caption}</p><div class="scroll" tabindex="0" role="region" aria-label="${words.account.title}"><table><thead><tr><th scope="col">${words.account.mailbox}</th>${heads.map(head => html`<th scope="col" class="number">${head}</th>`)}<td></td></tr></thead><tbody>${rows}</tbody></table></div>`
}
