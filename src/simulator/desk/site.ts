/** Everything a request can be for: the API, the page and its files, the controls, or what a front server shows. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, html } from './answers.ts'
import { type Controls, control } from './control.ts'
import { type Api, exchange } from './exchange.ts'
import { isAuthorized, isLocal } from './guard.ts'
import { imageType, PAGE_HEADERS, page } from './page.ts'
import { send } from './send.ts'

/** Serves one request. Rejects when the connection broke or the simulator closes meanwhile, and for bugs. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  api: Api,
  controls: Controls,
): Promise<void> {
  const url = urlOf(request)
  if (/^\/api\//i.test(url.pathname)) return exchange(request, response, url, api)
  const answer = await own(request, url, api, controls)
  await send(response, answer, undefined, api.signal, () => undefined)
}

/** The host as the client wrote it: the desk's answers are full of links to itself. */
function urlOf(request: IncomingMessage): URL {
  const host = request.headers.host ?? ''
  const origin = /^[\w.:[\]-]+$/.test(host) ? `http://${host}` : 'http://localhost'
  const path = (request.url ?? '/').replace(/^\/+/, '/')
  return URL.parse(path, origin) ?? new URL('http://localhost/')
}

async function own(request: IncomingMessage, url: URL, api: Api, controls: Controls): Promise<Answer> {
  const { pathname } = url
  if (pathname === '/maintenance.html') return html(200, 'Service Manager is under maintenance')
  if (pathname === '/autoconnect_mail.php') return html(200, 'Service Manager: please log in')
  const isOurs = pathname === '/' || pathname.startsWith('/files/') || pathname.startsWith('/_simulator/')
  if (!isOurs) return html(404, '404 Not Found')
  if (!isLocal(request) && !isAuthorized(request, api.credentials)) {
    return html(401, '401 Unauthorized', { 'www-authenticate': 'Basic realm="desk simulator"' })
  }
  if (pathname.startsWith('/_simulator/')) {
    const { status, body } = await control(request, url, controls)
    return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: Buffer.from(body) }
  }
  if (request.method !== 'GET') return html(405, '405 Method Not Allowed', { allow: 'GET' })
  if (pathname !== '/') return file(url, api)
  const headers = { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8' }
  return { status: 200, headers, body: Buffer.from(page(api.desk.account, api.desk.tickets)) }
}

/** `/files/ID`, to be saved; `?show` for what is certainly a picture. */
function file(url: URL, api: Api): Answer {
  const found = api.desk.tickets.document(url.pathname.slice('/files/'.length))
  if (found === undefined) return html(404, '404 Not Found')
  const { name, kept } = found.document
  const image = url.searchParams.has('show') ? imageType(kept) : undefined
  const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`
  return {
    status: 200,
    headers: {
      ...PAGE_HEADERS,
      'content-type': image ?? 'application/octet-stream',
      ...(image === undefined ? { 'content-disposition': disposition } : {}),
    },
    body: { size: kept.size, open: () => kept.open() },
  }
}
