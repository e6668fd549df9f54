import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { asForm, asJson, BASIC, read, sample, sending, started, TICKET } from './started.ts'

const DOCUMENTS = `/requests/${TICKET}/documents`

test('the journal has a row for every request, oldest first, with what it brought', async () => {
  const { desk, ask, root } = await started()
  await ask(DOCUMENTS)
  await ask(DOCUMENTS, asForm([sample('a.txt', Buffer.from('hello'))], 'from Ann'))
  await ask(DOCUMENTS, { authorization: '' })
  const rows = await read(root('/_simulator/journal'))
  const id = desk.documents(TICKET)[0]?.id
  const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
  const path = `/api/v1/50004${DOCUMENTS}`
  const at = expect.stringMatching(/^\d{4}-.*Z$/)
  expect(rows).toMatchObject([
    { row: 1, at, method: 'GET', path, status: 200, ticket: TICKET, documents: [], description: null },
    {
      row: 2,
      at,
      method: 'POST',
      path,
      route: 'POST /requests/:rfc/documents',
      status: 201,
      ticket: TICKET,
      documents: [{ id, name: 'a.txt', size: 5, sha256 }],
      description: 'from Ann',
      encoding: 'multipart',
      storedAt: at,
      answeredAt: at,
      fault: false,
    },
    { row: 3, at, method: 'GET', path, status: 401, ticket: TICKET, documents: [] },
  ])
})

test('the journal can be asked for what came since', async () => {
  const { root, ask } = await started()
  for (let at = 0; at < 3; at += 1) await ask(DOCUMENTS)
  const rows = async (since: string) => (await read(root(`/_simulator/journal?since=${since}`))).length
  expect(await rows('1')).toBe(2)
  expect(await rows('3')).toBe(0)
  expect(await rows('2020-01-01')).toBe(3)
  expect(await rows('2100-01-01T00:00:00Z')).toBe(0)
  expect((await root('/_simulator/journal?since=yesterday')).status).toBe(400)
})

test('looking at the journal and the page leaves no trace in it', async () => {
  const { desk, root } = await started()
  for (const path of ['/', '/_simulator/journal', '/_simulator/tickets', '/favicon.ico']) await root(path)
  expect(desk.journal()).toEqual([])
})

test('faults are put, shown with their counts, and deleted', async () => {
  const { ask, root } = await started()
  const fault = { route: 'GET /requests/:rfc', status: 503, nth: [2] }
  expect((await root('/_simulator/faults', sending('PUT', [fault]))).status).toBe(200)
  expect((await ask(`/requests/${TICKET}`)).status).toBe(200)
  expect((await ask(`/requests/${TICKET}`)).status).toBe(503)
  expect(await read(root('/_simulator/faults'))).toMatchObject([{ ...fault, when: 'before', matched: 2, struck: 1 }])
  await root('/_simulator/faults', sending('PUT', [fault]))
  expect((await ask(`/requests/${TICKET}`)).status).toBe(200)
  expect(await read(root('/_simulator/faults', { method: 'DELETE' }))).toEqual([])
  expect((await ask(`/requests/${TICKET}`)).status).toBe(200)
})

test.each([
  ['PUT', '/_simulator/faults', [{ route: 'GET /nothing' }], /no route GET \/nothing/],
  ['PUT', '/_simulator/faults', { status: 5 }, /expected array/],
  ['PUT', '/_simulator/mode', { colour: 'red' }, /no switch colour; there are encodings,/],
  ['PUT', '/_simulator/mode', { closed: 200 }, /closed is one of 201, 590, 403/],
  ['PUT', '/_simulator/mode', { maxBytes: 'much' }, /maxBytes is a size/],
  ['PUT', '/_simulator/mode', [1], /object of switches/],
])('%s %s with a mistake says what would be right', async (method, path, body, message) => {
  const { root } = await started()
  const answer = await root(path, sending(method, body))
  expect(answer.status).toBe(400)
  expect((await read(answer)).error).toMatch(message)
})

test('switches are changed while the desk runs', async () => {
  const { ask, root } = await started()
  const change = { maintenance: '503', denied: ['GET /swagger'], maxBytes: '25MB', listNames: false }
  const mode = await read(root('/_simulator/mode', sending('PUT', change)))
  expect(mode).toMatchObject({ ...change, maxBytes: 25_000_000, encodings: 'both' })
  expect((await ask(DOCUMENTS)).status).toBe(503)
})

test('tickets are shown with their documents', async () => {
  const { root, ask } = await started({
    tickets: [{ number: 'I1_1', title: 'Printer', closed: true }, { number: TICKET }],
  })
  await ask(DOCUMENTS, asJson([sample('a.txt')], 'hello'))
  expect(await read(root('/_simulator/tickets'))).toMatchObject([
    { number: 'I1_1', title: 'Printer', closed: true, documents: [] },
    { number: TICKET, closed: false, documents: [{ name: 'a.txt', size: 1000, description: 'hello' }] },
  ])
})

test('what the simulator does not have is missing', async () => {
  const { root } = await started()
  expect((await root('/_simulator/nothing')).status).toBe(404)
  expect((await root('/nothing')).status).toBe(404)
  expect((await root('/', { method: 'POST' })).status).toBe(405)
})

const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find(one => one !== undefined && !one.internal && one.family === 'IPv4')?.address

test.skipIf(elsewhere === undefined)('from another machine page and controls ask for the credentials', async () => {
  const { desk } = await started({ host: '0.0.0.0' })
  const ask = (path: string, authorization = '') =>
    fetch(`http://${elsewhere}:${new URL(desk.page).port}${path}`, { headers: { authorization } })
  for (const path of ['/', '/files/x', '/_simulator/journal', '/_simulator/faults']) {
    const answer = await ask(path)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="desk simulator"'])
  }
  expect((await ask('/', BASIC)).status).toBe(200)
  expect((await ask('/_simulator/journal', BASIC)).status).toBe(200)
})
