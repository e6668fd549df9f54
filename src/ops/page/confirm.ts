/** The questions before anything is done: a page of its own each, so that nothing is done by a link and all works without a script. */
import type { MailRow } from '../../gateway/books.ts'
import type { Correction } from '../../gateway/operator.ts'
import { notice, page, proofOf } from './frame.ts'
import { type Html, html } from './html.ts'
import { stateBadge, type View } from './view.ts'

export type Verb = Correction | 'original'

/** `why`: it was refused just now. `ticket`: what was typed then. */
export function confirmPage(verb: Verb, mail: MailRow, view: View, why?: string, ticket = ''): string {
  const { words } = view
  const home = `/mails/${encodeURIComponent(mail.id)}`
  const more = words.confirm[`${verb}More`]
  return ask(
    {
      title: words.confirm[verb],
      action: `${home}/${verb}`,
      home,
      button: words.verbs[verb],
      grave: verb === 'discard',
      inner: html`${why === undefined ? undefined : notice(`${words.refused}: ${why}`, 'bad')}
<p>${stateBadge(mail.state, view)} <b><bdi>${mail.subject === '' ? words.search.noSubject : mail.subject}</bdi></b><br><span class="quiet"><bdi>${mail.from ?? words.search.nobody}</bdi></span></p>
<p>${more}</p>
${verb === 'retry' ? wish(ticket, view) : undefined}`,
    },
    view,
  )
}

const wish = (ticket: string, { words }: View): Html =>
  html`<label>${words.confirm.ticket}<input name="ticket" value="${ticket}" maxlength="64" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="ticket-hint"><small id="ticket-hint">${words.confirm.ticketHint}</small></label>
<label class="check"><input type="checkbox" name="allParts" value="yes"> ${words.confirm.allParts}</label>`

export const resumePage = (site: string, view: View): string =>
  ask(
    {
      title: view.words.sites.clearTitle,
      action: '/sites/resume',
      home: '/',
      button: view.words.sites.clear,
      grave: false,
      inner: html`<p><b>${site}</b></p><p>${view.words.sites.clearMore}</p><input type="hidden" name="site" value="${site}">`,
    },
    view,
  )

type Question = {
  readonly title: string
  readonly action: string
  readonly home: string
  readonly button: string
  readonly grave: boolean
  readonly inner: Html
}

const ask = ({ title, action, home, button, grave, inner }: Question, view: View): string =>
  page(
    title,
    html`<form method="post" action="${action}" class="card ask"><h1>${title}</h1>
${inner}
${proofOf(view)}
<p class="quiet small">${view.words.confirm.by(view.who)}</p>
<p class="go"><button class="${grave ? 'bad' : 'main'}">${button}</button> <a href="${home}">${view.words.confirm.cancel}</a></p></form>`,
    view,
  )
