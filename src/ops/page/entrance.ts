/** Signing in: a name, and the token where one is configured. */
import { notice, page } from './frame.ts'
import { html } from './html.ts'
import type { View } from './view.ts'

/** `next`: where to go then, a path of ours. `name`: as it was typed before. `why`: it was refused just now. */
export function entrance(
  asks: { readonly token: boolean; readonly next: string; readonly name?: string; readonly why?: string },
  view: View,
): string {
  const { entrance: words } = view.words
  const token = html`<label>${words.token}<input type="password" name="token" required maxlength="500" autocomplete="current-password" aria-describedby="token-hint"><small id="token-hint">${words.tokenHint}</small></label>`
  return page(
    view.words.signIn,
    html`<form method="post" action="/sign-in" class="card ask"><h1>${words.title}</h1>
${asks.why === undefined ? undefined : notice(asks.why, 'bad')}
<label>${words.name}<input name="name" value="${asks.name ?? ''}" required maxlength="60" autocomplete="username" aria-describedby="name-hint"><small id="name-hint">${words.nameHint}</small></label>
${asks.token ? token : undefined}
<input type="hidden" name="next" value="${asks.next}">
<p class="go"><button class="main">${view.words.signIn}</button></p></form>`,
    view,
  )
}

/** A path of ours to go on to; whatever may lead elsewhere (`//evil`, `/\\evil`, another scheme) leads to the first page. */
export function nextPath(text: string | null | undefined): string {
  if (text === null || text === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text) || text.includes('\\')) return '/'
  const url = URL.parse(text, 'http://status')
  return url === null || url.host !== 'status' || url.pathname.startsWith('//') ? '/' : `${url.pathname}${url.search}`
}
