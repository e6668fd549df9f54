/** Which page an address leads to, and what its forms do. Reading is GET; whatever changes something is POST, from a form of ours. */
import type { IncomingMessage } from 'node:http'
import type { Books, Day } from '../../gateway/books.ts'
import type { Operator } from '../../gateway/operator.ts'
import type { Clock, Site } from '../../gateway/ports.ts'
import { type Answer, onTo, page, text } from '../answer.ts'
import type { Guard, Standing } from '../guard.ts'
import type { Ready } from '../health.ts'
import { cookieIn } from '../sessions.ts'
import { confirmPage, resumePage, type Verb } from './confirm.ts'
import { lastDays } from './days.ts'
import { entrance, nextPath } from './entrance.ts'
import { readForm } from './form.ts'
import { ICON, notice, plainPage } from './frame.ts'
import { ALLOWED, mailPage, type TicketPage } from './mail.ts'
import { askedIn, searchFor, searchPage } from './mails.ts'
import { overview } from './overview.ts'
import { picture } from './picture.ts'
import { languageAsked, languageNamed, type View, wordsOf } from './view.ts'

export type PagesOptions = {
  readonly books: Books
  readonly operator: Operator
  readonly clock: Clock
  readonly guard: Guard
  readonly token: boolean
  /** IANA name; dates are shown in it. */
  readonly timezone: string
  readonly ticketPage: TicketPage
  readonly ready: () => Promise<Ready>
}

type Visit = { readonly request: IncomingMessage; readonly url: URL; readonly standing: Standing; readonly view: View }

const DAYS = 30
/** A look at 30 days of a long ledger takes a moment, and a picture of them does not change by the second. */
const PICTURE_KEPT = 60_000
const LANGUAGE = 'mailclip-language'
const MAIL = /^\/mails\/([1-9]\d{0,15})(?:\/(retry|release|hold|discard|original))?$/

export class Pages {
  readonly #options: PagesOptions
  #days: { readonly at: number; readonly days: Promise<readonly Day[]> } | undefined

  constructor(options: PagesOptions) {
    this.#options = options
  }

  /** For visitors whose Host is ours. Throws what books and operator throw. */
  async answer(request: IncomingMessage, url: URL, standing: Standing): Promise<Answer> {
    if (url.pathname === '/icon.svg') return { code: 200, type: 'image/svg+xml', body: ICON }
    const view = this.#view(request, url, standing)
    const visit = { request, url, standing, view }
    const answer = await (request.method === 'POST' ? this.#post(visit) : this.#get(visit))
    const chosen = languageNamed(url.searchParams.get('lang'))
    if (chosen === undefined) return answer
    const cookie = `${LANGUAGE}=${chosen}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict`
    return { ...answer, headers: { 'set-cookie': cookie, ...answer.headers } }
  }

  #view({ headers }: IncomingMessage, url: URL, standing: Standing): View {
    const language =
      languageNamed(url.searchParams.get('lang')) ??
      languageNamed(cookieIn(headers.cookie, LANGUAGE)) ??
      languageAsked(headers['accept-language'])
    const known = standing.kind === 'known' ? standing : undefined
    const words = wordsOf(language)
    return {
      language,
      words,
      timezone: this.#options.timezone,
      now: this.#options.clock.now(),
      who: known?.who ?? words.somebody,
      signedIn: known?.by === 'session',
      proof: known?.proof ?? '',
      here: url,
    }
  }

  async #get(visit: Visit): Promise<Answer> {
    const { url, standing, view } = visit
    const { books, token } = this.#options
    if (url.pathname === '/sign-in')
      return page(entrance({ token, next: nextPath(url.searchParams.get('next')) }, view))
    if (standing.kind !== 'known') return this.#strange(visit)
    if (url.pathname === '/') return page(await this.#overview(visit))
    if (url.pathname === '/mails') {
      const asked = askedIn(url.searchParams)
      return page(searchPage(await books.search(searchFor(asked, this.#options.timezone)), asked, view))
    }
    if (url.pathname === '/sites/resume') return this.#askResume(visit)
    return this.#mail(visit)
  }

  /** A browser is shown the way in; a program is told what is missing. */
  #strange({ request, url, view }: Visit): Answer {
    const challenge = { 'www-authenticate': 'Bearer' }
    if (!(request.headers.accept ?? '').includes('text/html')) return text(401, 'a token is needed', challenge)
    return page(entrance({ token: true, next: nextPath(url.pathname + url.search) }, view), 401, challenge)
  }

  async #overview({ url, view }: Visit): Promise<string> {
    const { books, ready, clock, timezone } = this.#options
    const at = clock.now().getTime()
    if (this.#days === undefined || at - this.#days.at >= PICTURE_KEPT) {
      const days = books.days(lastDays(DAYS, clock.now(), timezone))
      this.#days = { at, days }
      // What failed is not kept; whoever awaits it meets the fault.
      days.catch(() => {
        this.#days = undefined
      })
    }
    const drawn = picture(await this.#days.days, view)
    const said = url.searchParams.get('done') === 'resume' ? notice(view.words.sites.cleared) : undefined
    return overview(books, await ready(), drawn, view, said)
  }

  async #askResume({ url, view }: Visit): Promise<Answer> {
    const site = url.searchParams.get('site')
    const known = (await this.#options.books.suspensions()).some(one => one.site === site)
    if (site === null || !known) return page(plainPage(view.words.sites.notSuspended, '', view), 404)
    return page(resumePage(site, view))
  }

  async #mail({ url, view }: Visit): Promise<Answer> {
    const { books, ticketPage } = this.#options
    const [, id, verb] = MAIL.exec(url.pathname) ?? []
    const found = id === undefined ? undefined : await books.show(id)
    if (found === undefined) return nothingHere(view)
    if (verb !== undefined) return this.#question(verb as Verb, found.mail, view)
    const done = (['retry', 'release', 'hold', 'discard'] as const).find(one => one === url.searchParams.get('done'))
    return page(mailPage(found, ticketPage, view, done && notice(view.words.done[done])))
  }

  #question(verb: Verb, mail: Parameters<typeof confirmPage>[1], view: View): Answer {
    const allowed = ALLOWED[verb].includes(mail.state)
    if (allowed) return page(confirmPage(verb, mail, view))
    return page(plainPage(view.words.refused, view.words.states[mail.state], view), 409)
  }

  async #post(visit: Visit): Promise<Answer> {
    const { request, url, standing, view } = visit
    const form = await readForm(request)
    if (form === 'too much') return text(413, 'this is more than a form of ours brings', { connection: 'close' })
    if (form === 'not a form') return text(415, 'only forms are taken')
    if (url.pathname === '/sign-in') return this.#enter(visit, form)
    if (standing.kind !== 'known') return this.#strange(visit)
    if (!this.#options.guard.isOurForm(request, standing, form.get('proof') ?? ''))
      return page(plainPage(view.words.unsafe, view.words.unsafeMore, view), 403)
    if (url.pathname === '/sign-out')
      return onTo('/sign-in', { 'set-cookie': this.#options.guard.sessions.leave(request.headers.cookie) })
    if (url.pathname === '/sites/resume') return this.#resume(form.get('site') ?? '', view)
    const [, id, verb] = MAIL.exec(url.pathname) ?? []
    if (id === undefined || verb === undefined) return nothingHere(view)
    return verb === 'original'
      ? this.#original(id, view)
      : this.#correct(verb as Exclude<Verb, 'original'>, id, form, view)
  }

  #enter({ request, view }: Visit, form: URLSearchParams): Answer {
    const { guard, token } = this.#options
    if (!guard.isFromHere(request)) return page(plainPage(view.words.unsafe, view.words.unsafeMore, view), 403)
    const [name, next] = [form.get('name') ?? '', nextPath(form.get('next'))]
    const secure = request.headers['x-forwarded-proto'] === 'https'
    const entered = guard.sessions.enter(form.get('token') ?? '', name, request.socket.remoteAddress ?? '', secure)
    switch (entered.kind) {
      case 'welcome':
        return onTo(next, { 'set-cookie': entered.cookie })
      case 'wrong':
        return page(entrance({ token, next, name, why: view.words.entrance.wrong }, view), 401)
      case 'slow':
        return page(entrance({ token, next, name, why: view.words.entrance.slow(entered.wait) }, view), 429, {
          'retry-after': String(entered.wait),
        })
      default:
        return entered satisfies never
    }
  }

  async #resume(site: string, view: View): Promise<Answer> {
    const known = (await this.#options.books.suspensions()).find(one => one.site === site)
    const lifted = known !== undefined && (await this.#options.operator.resume(known.site as Site, view.who))
    return lifted ? onTo('/?done=resume') : page(plainPage(view.words.sites.notSuspended, '', view), 404)
  }

  async #correct(verb: Exclude<Verb, 'original'>, id: string, form: URLSearchParams, view: View): Promise<Answer> {
    const wish = { ticket: (form.get('ticket') ?? '').trim().slice(0, 64), allParts: form.get('allParts') === 'yes' }
    const result = await this.#options.operator.correct(verb, id, wish, view.who)
    if (result.done) return onTo(`/mails/${id}?done=${verb}`)
    const found = await this.#options.books.show(id)
    if (found === undefined) return nothingHere(view)
    return page(confirmPage(verb, found.mail, view, result.why, wish.ticket), 409)
  }

  async #original(id: string, view: View): Promise<Answer> {
    const { words } = view
    const original = await this.#options.operator.original(id, view.who)
    if (original === 'gone') return page(plainPage(words.refused, words.gone, view), 410)
    if (original === 'not held') return page(plainPage(words.refused, words.notHeld, view), 409)
    if (original === 'resting') return page(plainPage(words.refused, words.resting, view), 503)
    const disposition = `attachment; filename="mail-${id}.eml"`
    // Not message/rfc822: nothing may feel called upon to show it.
    return {
      code: 200,
      type: 'application/octet-stream',
      body: '',
      original,
      headers: { 'content-disposition': disposition },
    }
  }
}

const nothingHere = (view: View): Answer =>
  page(plainPage(view.words.nothingHere, view.words.nothingHereMore, view), 404)
