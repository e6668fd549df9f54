/** What strangers try against the operator's page, one by one. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { booksOf, mailRow } from '../support/books.ts'
import { cookieOf, NOW, status } from '../support/status.ts'

const TOKEN = 'open sesame, please'
const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202ecod.exe\u0007{{7*7}}'

describe('a mail that carries markup', () => {
  const attachment = mailRow().attachments[0]
  test.each([
    ['its subject', { subject: EVIL }],
    ['its sender', { from: EVIL }],
    ['the name of a file', { attachments: [{ ...attachment, name: EVIL, originalName: `${EVIL}x` }] }],
    ['the type and the hash of a file', { attachments: [{ ...attachment, type: EVIL, sha256: EVIL }] }],
    ['the reason of a refusal, which quotes its text', { reason: EVIL, state: 'held', code: EVIL }],
    ['its ticket', { ticket: EVIL, attachments: [{ ...attachment, ticket: EVIL, documentId: EVIL }] }],
    ['its Message-ID and folder', { messageId: EVIL, filedIn: EVIL, folder: EVIL, mailbox: EVIL }],
    ['the address of its notice', { notice: { state: 'sent', kind: 'held', to: EVIL, messageId: EVIL } }],
  ] as const)('in %s stays text on every page', async (_, said) => {
    // The rows differ in the field they spoil; each is a whole mail.
    const mail = mailRow(said as Parameters<typeof mailRow>[0])
    const { get } = await status({ kept: { mails: [mail] } })
    const verbs = mail.state === 'held' ? ['/mails/1/release', '/mails/1/original', '/mails/1/discard'] : []
    for (const path of ['/', '/mails', '/mails/1', '/mails/1/retry', ...verbs]) {
      const { code, body } = await get(path)
      expect(code, path).toBe(200)
      expect(body, path).not.toMatch(/<script|<img|\u202e|\u0007|onerror=a[^&]*>/)
    }
  })

  test('in a line of its trace stays text', async () => {
    const trace = [EVIL, `ticket: ${EVIL}`].map(line => ({ at: EVIL, attempt: 1, line }))
    const { get } = await status({ kept: { mails: [mailRow()], trace } })
    expect((await get('/mails/1')).body).not.toMatch(/<script|<img|\u202e|\u0007/)
  })

  test('in what is searched for stays text, in every field', async () => {
    const { get } = await status()
    const query = new URLSearchParams({ q: EVIL, in: EVIL, state: EVIL, from: EVIL, to: EVIL, older: EVIL, lang: EVIL })
    const { code, body } = await get(`/mails?${query}`)
    expect(code).toBe(200)
    expect(body).not.toMatch(/<script|<img/)
  })

  test('in the name of a suspended site or of who signs in stays text', async () => {
    const rest = { since: NOW, until: NOW, times: 1, status: '4.4.1', reason: EVIL, credentials: undefined } as const
    const { get, post } = await status({ kept: { suspensions: [{ ...rest, site: `mailbox ${EVIL}` }] } })
    const cookie = cookieOf((await post('/sign-in', { name: EVIL })).headers)
    for (const path of ['/', `/sites/resume?site=${encodeURIComponent(`mailbox ${EVIL}`)}`])
      expect((await get(path, { cookie })).body).not.toMatch(/<script|<img/)
  })
})

test('a browser may run nothing, load nothing from elsewhere, frame nothing and guess no type', async () => {
  const { get } = await status({ kept: { mails: [mailRow()] }, token: TOKEN })
  for (const path of ['/', '/mails/1', '/sign-in', '/nothing', '/health', '/icon.svg']) {
    const { headers, body } = await get(path, { authorization: `Bearer ${TOKEN}` })
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    expect(body).not.toMatch(/<script| style=| on[a-z]+=/)
  }
})

describe('a page elsewhere that sends a form in our visitor’s name', () => {
  const tries: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ['without the proof', { proof: '' }, {}],
    ['with a proof it made up', { proof: 'x'.repeat(32) }, {}],
    ['from another origin, with the right proof', {}, { origin: 'https://evil.example' }],
    ['from a sandbox, whose origin is null', {}, { origin: 'null' }],
    ['across sites, as the browser says', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a sibling of ours, as the browser says', {}, { 'sec-fetch-site': 'same-site' }],
    ['from another port of this machine', {}, { origin: 'http://127.0.0.1:1' }],
  ]
  test.each(tries)('%s is refused', async (_, fields, headers) => {
    const mails = [mailRow({ state: 'held' })]
    for (const token of [undefined, TOKEN]) {
      const { post, deeds } = await status({ kept: { mails }, ...(token !== undefined && { token }) })
      const cookie = cookieOf((await post('/sign-in', { name: 'Ada', token: TOKEN })).headers)
      for (const verb of ['retry', 'release', 'hold', 'discard', 'original'])
        expect((await post(`/mails/1/${verb}`, fields, { cookie, ...headers })).code).toBe(403)
      expect((await post('/sites/resume', { site: 'mailbox support', ...fields }, { cookie, ...headers })).code).toBe(
        403,
      )
      expect((await post('/sign-out', fields, { cookie, ...headers })).code).toBe(403)
      expect(deeds).toEqual([])
    }
  })

  test('with the proof of another visitor is refused', async () => {
    const { get, post, deeds } = await status({ kept: { mails: [mailRow()] }, token: TOKEN })
    const [ada, eve] = [
      await post('/sign-in', { name: 'Ada', token: TOKEN }),
      await post('/sign-in', { name: 'Eve', token: TOKEN }),
    ]
    const stolen = await get('/mails/1/retry', { cookie: cookieOf(eve.headers) })
    const proof = /name="proof" value="([^"]+)"/.exec(stolen.body)?.[1] ?? ''
    expect((await post('/mails/1/retry', { proof }, { cookie: cookieOf(ada.headers) })).code).toBe(403)
    expect(deeds).toEqual([])
  })

  test('to sign them in as somebody else is refused', async () => {
    const { post } = await status({ token: TOKEN })
    const { code, headers } = await post('/sign-in', { name: 'Eve', token: TOKEN }, { origin: 'https://evil.example' })
    expect([code, headers['set-cookie']]).toEqual([403, undefined])
  })

  test('as text or JSON is not taken for a form', async () => {
    const { post, deeds } = await status({ kept: { mails: [mailRow()] } })
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
      expect((await post('/mails/1/retry', {}, { 'content-type': type })).code).toBe(415)
    expect(deeds).toEqual([])
  })

  test('of more than a form can hold is cut off', async () => {
    const { post } = await status()
    expect((await post('/sign-in', { name: 'x'.repeat(9000) })).code).toBe(413)
  })
})

test('nothing is done by GET, whatever the address', async () => {
  const { get, deeds } = await status({ kept: { mails: [mailRow({ state: 'held' })] } })
  for (const verb of ['retry', 'release', 'discard', 'original'])
    for (const method of ['GET', 'HEAD'])
      expect((await get(`/mails/1/${verb}?ticket=I161026_000006`, {}, method)).code).toBe(200)
  for (const path of ['/sign-out', '/sites/resume?site=mailbox%20support']) expect((await get(path)).code).toBe(404)
  expect(deeds).toEqual([])
})

describe('a Host that is not ours', () => {
  test.each(['evil.example', 'localhost.evil.example:80', '127.0.0.1.nip.io', '203.0.113.9', 'mailclip.example.com'])(
    '%j is refused for pages and for forms: a stranger’s name may lead to this machine',
    async host => {
      const { get, post, deeds } = await status({ kept: { mails: [mailRow()] } })
      for (const path of ['/', '/mails', '/health', '/metrics']) expect((await get(path, { host })).code).toBe(421)
      expect((await post('/mails/1/retry', {}, { host, origin: `http://${host}` })).code).toBe(421)
      expect(deeds).toEqual([])
    },
  )

  test('is served when the configuration names it, and its forms are taken', async () => {
    const { get, post, deeds } = await status({ kept: { mails: [mailRow()] }, hosts: ['mailclip.example.com'] })
    const proxied = { host: 'mailclip.example.com', origin: 'https://mailclip.example.com' }
    expect((await get('/', proxied)).code).toBe(200)
    expect((await post('/mails/1/retry', {}, proxied)).code).toBe(303)
    expect(deeds).toHaveLength(1)
  })
})

describe('an address that means something else', () => {
  test.each([
    '/mails/..%2f1',
    '/mails/%2e%2e/1',
    '/mails/1%00',
    '/mails/1;x',
    '/mails/01',
    '/mails/1e3',
    '/mails/-1',
    '/mails/%zz',
    '/mails/1/retry/',
    '/mails/1/../../etc/passwd',
    '/mails/1/exec',
    '/mails/99999999999999999999',
    '/..;/',
    '/%2e%2e%2fetc/passwd',
    `/mails/${'9'.repeat(5000)}`,
    "/mails/1'--",
    '/mails/constructor',
    '/__proto__',
    '/mails/1/original.eml',
  ])('%s leads nowhere', async path => {
    const { get, events } = await status({ kept: { mails: [mailRow()] } })
    expect((await get(path)).code).toBe(404)
    expect(events).toEqual([])
  })

  test.each(['//evil.example/', 'http://evil.example/', '*'])(
    '%s as a request target is no address of ours',
    async target => {
      const { status: server } = await status()
      const socket = connect(server.port, '127.0.0.1')
      socket.end(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/)
    },
  )

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/%0d%0aset-cookie:x',
    'javascript:alert(1)',
    '/..//evil.example',
    '/\tx',
    '',
  ])('%j is no place to go on to after signing in', async next => {
    const { post } = await status()
    const { code, headers } = await post('/sign-in', { name: 'Ada', next })
    expect(code).toBe(303)
    expect(headers.location).toMatch(/^\/(?!\/|\\)/)
    expect(headers['set-cookie']).toHaveLength(1)
  })
})

describe('with a token', () => {
  test('a browser signs in with it once and keeps a cookie that holds nothing', async () => {
    const { get, post } = await status({ token: TOKEN, kept: { mails: [mailRow()] } })
    const shown = await get('/mails?q=x', { accept: 'text/html' })
    expect([shown.code, shown.body]).toEqual([401, expect.stringContaining('value="/mails?q=x"')])
    expect((await post('/sign-in', { name: 'Ada', token: 'wrong' })).code).toBe(401)
    const welcome = await post('/sign-in', { name: 'Ada', token: TOKEN, next: '/mails?q=x' })
    expect([welcome.code, welcome.headers.location]).toEqual([303, '/mails?q=x'])
    const [cookie = ''] = welcome.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^mailclip=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect((await get('/', { cookie: `other=1; ${cookieOf(welcome.headers)}` })).body).toContain('Signed in as Ada')
    for (const guess of ['mailclip=guess', 'mailclip=', `mailclip=${TOKEN}`])
      expect((await get('/', { cookie: guess })).code).toBe(401)
  })

  test('a token in the address opens nothing', async () => {
    const { get } = await status({ token: TOKEN })
    expect((await get(`/?token=${encodeURIComponent(TOKEN)}`)).code).toBe(401)
  })

  test('signing out ends the session, whoever still has its cookie', async () => {
    const { get, post } = await status({ token: TOKEN, kept: { mails: [mailRow()] } })
    const cookie = cookieOf((await post('/sign-in', { name: 'Ada', token: TOKEN })).headers)
    expect((await post('/sign-out', {}, { cookie })).code).toBe(303)
    expect((await get('/', { cookie })).code).toBe(401)
  })

  test('a session ends after four hours without a request, and after twelve in any case', async () => {
    const { get, post, clock } = await status({ token: TOKEN })
    const enter = async () => cookieOf((await post('/sign-in', { name: 'Ada', token: TOKEN })).headers)
    const pass = (hours: number): void => {
      clock.at = new Date(clock.at.getTime() + hours * 3_600_000)
    }
    const idle = await enter()
    pass(4.1)
    expect((await get('/', { cookie: idle })).code).toBe(401)
    const busy = await enter()
    for (let n = 0; n < 4; n += 1) {
      pass(2.9)
      expect((await get('/', { cookie: busy })).code).toBe(200)
    }
    pass(0.5)
    expect((await get('/', { cookie: busy })).code).toBe(401)
  })

  test('whoever guesses is slowed more and more, and the right token has to wait as well', async () => {
    const { post, clock } = await status({ token: TOKEN })
    for (let n = 0; n < 4; n += 1) expect((await post('/sign-in', { name: 'Eve', token: `guess ${n}` })).code).toBe(401)
    const slowed = await post('/sign-in', { name: 'Ada', token: TOKEN })
    expect([slowed.code, slowed.headers['retry-after']]).toEqual([429, '2'])
    clock.at = new Date(clock.at.getTime() + 2001)
    expect((await post('/sign-in', { name: 'Eve', token: 'again' })).code).toBe(401)
    expect((await post('/sign-in', { name: 'Ada', token: TOKEN })).headers['retry-after']).toBe('4')
    clock.at = new Date(clock.at.getTime() + 4001)
    expect((await post('/sign-in', { name: 'Ada', token: TOKEN })).code).toBe(303)
  })

  test('a program with the token may correct without a form of ours', async () => {
    const { post, deeds } = await status({ token: TOKEN, kept: { mails: [mailRow()] } })
    const authorization = `Bearer ${TOKEN}`
    expect((await post('/mails/1/retry', { ticket: 'I161026_000006' }, { authorization })).code).toBe(303)
    expect(deeds).toEqual([['retry', '1', 'the token', { ticket: 'I161026_000006', allParts: false }]])
  })
})

test('a name is recorded as one line of plain text', async () => {
  const { post, deeds } = await status({ kept: { mails: [mailRow()] } })
  const cookie = cookieOf((await post('/sign-in', { name: ` Ada\r\n\u202eevil\u0000 ${'x'.repeat(100)}` })).headers)
  expect((await post('/mails/1/retry', {}, { cookie })).code).toBe(303)
  expect(deeds[0]?.[2]).toMatch(/^Ada evil x{51}$/)
})

test('a link to a ticket leads to the desk, whatever the number holds', async () => {
  const ticket = '../../evil?x=<y>#javascript:alert(1)'
  const { get } = await status({ books: booksOf({ mails: [mailRow({ ticket })] }) })
  const links = [...(await get('/mails/1')).body.matchAll(/href="(https?:[^"]+)"/g)].map(([, href]) => href ?? '')
  expect(links.length).toBeGreaterThan(0)
  for (const href of links) expect(href).toMatch(/^https:\/\/desk\.example\/tickets\//)
})
