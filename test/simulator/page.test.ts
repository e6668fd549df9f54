import { expect, test } from 'vitest'
import { asJson, sample, started, TICKET } from './started.ts'

const DOCUMENTS = `/requests/${TICKET}/documents`

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

test('the page says that it is a simulator and shows what lies on the tickets', async () => {
  const { desk, root, ask } = await started()
  await ask(DOCUMENTS, asJson([sample('report.pdf', Buffer.from('hello'))], 'The report\nyou wanted'))
  const page = await (await root('/')).text()
  expect(page).toContain('This is a simulator, not EasyVista')
  expect(page).toContain(`<h2>${TICKET}</h2>`)
  expect(page).toContain(`<a href="/files/${desk.documents(TICKET)[0]?.id}">report.pdf</a>`)
  expect(page).toContain('5 octets')
  expect(page).toContain('2cf24dba5fb0a30e…')
  expect(page).toContain('The report\nyou wanted')
  expect(page).toContain('1 document on 1 ticket')
})

test('names, titles and descriptions are shown as text, whatever they hold', async () => {
  const { root, ask } = await started({ tickets: [{ number: TICKET, title: '<b>"bold"</b>' }] })
  const name = `<script>alert(1)</script>'"&\u202egpj.exe`
  await ask(DOCUMENTS, asJson([sample(name)], '<img src=x onerror=alert(1)>'))
  const page = await (await root('/')).text()
  expect(page).not.toMatch(/<script|<b>|<img src=x/)
  expect(page).not.toContain('\u202e')
  expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#34;&#38;\\u202egpj.exe')
  expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;')
})

test('the page may load nothing but its own pictures, and its one style is known by its hash', async () => {
  const { root } = await started()
  const answer = await root('/')
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src 'self'; base-uri 'none';/)
  const style = /<style>(.*)<\/style>/s.exec(await answer.text())?.[1] ?? ''
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(style))).toString('base64')
  expect(policy).toContain(`'sha256-${hash}'`)
})

test('the page renews itself without a script', async () => {
  const { root } = await started()
  expect(await (await root('/')).text()).toContain('<meta http-equiv="refresh" content="5">')
})

test('pictures are shown, everything else is only saved', async () => {
  const { desk, root, ask } = await started()
  const svg = sample('evil.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'))
  await ask(DOCUMENTS, asJson([sample('dot.png', PNG), svg, sample('page.png', Buffer.from('<html>'))]))
  const [png, ...others] = desk.documents(TICKET)
  const page = await (await root('/')).text()
  expect(page.match(/<img [^>]*>/g)).toEqual([`<img class="thumb" src="/files/${png?.id}?show" alt="" loading="lazy">`])
  const shown = await root(`/files/${png?.id}?show`)
  expect(shown.headers.get('content-type')).toBe('image/png')
  expect(Buffer.from(await shown.arrayBuffer()).equals(PNG)).toBe(true)
  for (const { id } of others) {
    const saved = await root(`/files/${id}?show`)
    expect(saved.headers.get('content-type')).toBe('application/octet-stream')
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(saved.headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect((await root('/files/nothing')).status).toBe(404)
})

test('a name with line breaks does not break the head of a download', async () => {
  const { desk, root, ask } = await started()
  await ask(DOCUMENTS, asJson([sample('a\r\nX-Evil: 1"é\ud800.txt')]))
  const saved = await root(`/files/${desk.documents(TICKET)[0]?.id}`)
  expect(saved.headers.get('x-evil')).toBeNull()
  expect(saved.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''a%0D%0AX-Evil%3A%201%22%C3%A9%EF%BF%BD.txt",
  )
})
