/** What stands around every page: its head, the way to the others, and a policy that lets a browser do nothing but show it. */
import { createHash } from 'node:crypto'
import { type Html, html } from './html.ts'
import { STYLE } from './style.ts'
import { LANGUAGES, type View, wordsOf } from './view.ts'

/** What the browser may do with a page of ours: show it, and send its forms back to us. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A whole document. */
export const page = (title: string, body: Html, view: View): string =>
  html`<!doctype html>
<html lang="${view.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · mailclip</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<style>${{ markup: STYLE }}</style>
</head>
<body>
<a class="skip" href="#content">${view.words.skip}</a>
${view.proof === '' ? undefined : bar(view)}
<main id="content">
${body}
</main>
${footer(view)}
</body>
</html>
`.markup

function bar(view: View): Html {
  const { pathname } = view.here
  const link = (path: string, label: string) =>
    html`<a href="${path}"${pathname === path ? { markup: ' aria-current="page"' } : undefined}>${label}</a>`
  return html`<header class="bar"><div>
<a class="brand" href="/">${view.words.brand}</a>
<nav aria-label="${view.words.brand}">${link('/', view.words.overview)}${link('/mails', view.words.mails)}</nav>
${pathname === '/mails' ? undefined : find(view)}
</div></header>`
}

const find = ({ words: { search } }: View): Html =>
  html`<form class="find" role="search" action="/mails"><input type="search" name="q" maxlength="200" aria-label="${search.hint}" placeholder="${search.hint}"><button>${search.show}</button></form>`

function footer(view: View): Html {
  const { words, here, signedIn, proof, timezone } = view
  const others = LANGUAGES.filter(language => language !== view.language).map(language => {
    const there = new URL(here)
    there.searchParams.set('lang', language)
    return html`<a href="${there.pathname}${there.search}" lang="${language}" hreflang="${language}">${wordsOf(language).language}</a>`
  })
  const name =
    proof === ''
      ? undefined
      : signedIn
        ? html`<form method="post" action="/sign-out" class="inline">${proofOf(view)}<span>${words.signedInAs(view.who)}</span> <button class="plain">${words.signOut}</button></form>`
        : html`<a href="/sign-in">${words.signIn}</a>`
  return html`<footer><span>${words.footer} ${timezone}</span>${others}${name}</footer>`
}

/** What every form of ours brings back, so that no other page can send it in our visitor's name. */
export const proofOf = ({ proof }: View): Html => html`<input type="hidden" name="proof" value="${proof}">`

/** Something is said about what was just done. */
export const notice = (text: string, kind: 'good' | 'bad' = 'good'): Html =>
  html`<p class="notice ${kind}" role="${kind === 'good' ? 'status' : 'alert'}">${text}</p>`

/** A page that only says something. */
export const plainPage = (title: string, more: string, view: View): string =>
  page(
    title,
    html`<h1>${title}</h1>
<p>${more}</p>
<p><a href="/">${view.words.overview}</a></p>`,
    view,
  )

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b5c8a"/><path d="M21 10v10a5 5 0 0 1-10 0V10a3.300 3.300 0 0 1 6.600 0v9.500a1.650 1.650 0 0 1-3.300 0V11.500" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>'
