import { expect, test } from 'vitest'
import { read, type Started, sending, started, TICKET } from './started.ts'

const ONE = { number: TICKET, requestor: 'ann@example.com', recipient: 'bob@example.com', title: 'Printer' }

test('a ticket is a flat record in upper case, with strings for numbers and empty strings for nothing', async () => {
  const { desk, ask } = await started({ tickets: [ONE] })
  const record = await read(ask(`/requests/${TICKET.toLowerCase()}`))
  expect(record).toMatchObject({
    HREF: `${desk.url}/requests/${TICKET}`,
    RFC_NUMBER: TICKET,
    REQUEST_ID: expect.stringMatching(/^\d+$/),
    TITLE: 'Printer',
    STATUS: { STATUS_EN: 'In progress', STATUS_FR: 'En cours' },
    END_DATE_UT: '',
    SUBMIT_DATE_UT: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/),
    REQUESTOR: { E_MAIL: 'ann@example.com' },
    RECIPIENT: { E_MAIL: 'bob@example.com' },
    COMMENT: { HREF: `${desk.url}/requests/${TICKET}/comment` },
  })
  expect(Object.keys(record).filter(key => key !== key.toUpperCase())).toEqual([])
})

test('a closed ticket has an end and a status', async () => {
  const { ask } = await started({ tickets: [{ ...ONE, closed: true }] })
  const { END_DATE_UT, STATUS } = await read(ask(`/requests/${TICKET}`))
  expect(END_DATE_UT).not.toBe('')
  expect(STATUS).toMatchObject({ STATUS_ID: '8', STATUS_EN: 'Closed' })
})

const search = async ({ ask }: Started, what: string, query: string): Promise<unknown[]> => {
  const { records } = await read(ask(`/${what}?search=${encodeURIComponent(query)}`))
  return records.map((one: Record<string, string>) => one['RFC_NUMBER'] ?? one['E_MAIL'])
}

test.each([
  ['rfc_number:"I2_2"', ['I2_2']],
  ['rfc_number:i2_2', ['I2_2']],
  ['rfc_number:"I9_9"', []],
  ['rfc_number:"I1_1",rfc_number:"I3_3"', ['I1_1', 'I3_3']],
  ['title~"*rin*"', ['I1_1', 'I3_3']],
  ['title~"rin"', []],
  ['title~"Print*",rfc_number:"I3_3"', ['I3_3']],
  ['rfc_number=I2_2', ['I1_1', 'I2_2', 'I3_3']],
  ['nobody_knows:"x"', ['I1_1', 'I2_2', 'I3_3']],
])('a search for %s finds %j, and what it cannot read is no filter', async (query, found) => {
  const tickets = [
    { number: 'I1_1', title: 'Printer' },
    { number: 'I2_2', title: 'Mouse' },
    { number: 'I3_3', title: 'Print' },
  ]
  expect(await search(await started({ tickets }), 'requests', query)).toEqual(found)
})

test('a search that finds nothing is an empty page with counts in strings', async () => {
  const { ask } = await started({ tickets: [] })
  expect(await read(ask('/requests?search=rfc_number:"I1_1"'))).toMatchObject({
    record_count: '0',
    total_record_count: '0',
    records: [],
  })
})

test('a search finds any ticket of a desk that knows any', async () => {
  expect(await search(await started(), 'requests', 'rfc_number:"I1_1"')).toEqual(['I1_1'])
})

test('a search for a number that is none is refused with 590', async () => {
  const { ask } = await started()
  expect((await ask('/requests?search=request_id:"abc"')).status).toBe(590)
})

test('a long list comes in pages of a hundred, each with the way to the next', async () => {
  const tickets = Array.from({ length: 230 }, (_, at) => ({ number: `I1_${at}` }))
  const { ask, desk } = await started({ tickets })
  let path = '/requests'
  const pages: string[] = []
  while (path !== '') {
    const page = await read(ask(path))
    pages.push(page.record_count)
    path = page['@next']?.slice(desk.url.length) ?? ''
  }
  expect(pages).toEqual(['100', '100', '30'])
})

test('an employee is found by address', async () => {
  const simulator = await started({ tickets: [ONE] })
  expect(await search(simulator, 'employees', 'e_mail:"ann@example.com"')).toEqual(['ann@example.com'])
  expect(await search(simulator, 'employees', 'e_mail:"eve@example.com"')).toEqual([])
  expect(await search(await started(), 'employees', 'e_mail:"eve@example.com"')).toEqual(['eve@example.com'])
})

const NEW = { Catalog_Code: 'INC', title: 'Hello', Recipient_Mail: 'bob@example.com', external_reference: 'x1' }

test('a new ticket is answered with its link, and is there; of several only the first is created', async () => {
  const { desk, ask } = await started({ tickets: [ONE], now: () => new Date('2026-07-29T10:00:00Z') })
  const answer = await ask('/requests', sending('POST', { requests: [NEW, NEW] }))
  expect([answer.status, await answer.json()]).toEqual([201, { HREF: `${desk.url}/requests/I260729_000001` }])
  expect(await read(ask('/requests/I260729_000001'))).toMatchObject({ TITLE: 'Hello', EXTERNAL_REFERENCE: 'x1' })
  expect((await read(ask('/requests'))).total_record_count).toBe('2')
})

test.each([
  ['no catalog entry', { requests: [{ title: 'x' }] }, 590],
  ['no ticket', { requests: [] }, 590],
  ['no list', { title: 'x' }, 590],
  ['a recipient nobody knows', { requests: [{ ...NEW, Recipient_Mail: 'eve@example.com' }] }, 406],
])('a new ticket with %s is refused', async (_, body, status) => {
  const { ask } = await started({ tickets: [ONE] })
  expect((await ask('/requests', sending('POST', body))).status).toBe(status)
  expect((await read(ask('/requests'))).total_record_count).toBe('1')
})

test('a new ticket may be refused with 590 and be there all the same, in any format of number', async () => {
  const { ask } = await started({ tickets: [ONE], mode: { createFails: true, format: 'P{yymm}-{n:3}' } })
  expect((await ask('/requests', sending('POST', { requests: [NEW] }))).status).toBe(590)
  const { records } = await read(ask('/requests?search=external_reference:"x1"'))
  expect(records[0].RFC_NUMBER).toMatch(/^P\d{4}-001$/)
})

test('a ticket is closed, reopened, suspended and commented upon; what is not known is ignored', async () => {
  const { ask } = await started({ tickets: [ONE] })
  const put = async (body: unknown) => (await ask(`/requests/${TICKET}`, sending('PUT', body))).status
  const status = async () => (await read(ask(`/requests/${TICKET}`))).STATUS.STATUS_EN
  expect([await put({ closed: { end_date: '11/20/2019 12:12:12' } }), await status()]).toEqual([200, 'Closed'])
  expect(await put({ restarted: {} })).toBe(590)
  expect([await put({ restarted: { comment: 'again' } }), await status()]).toEqual([200, 'In progress'])
  expect([await put({ suspended: {} }), await status()]).toEqual([200, 'On hold'])
  expect(await put({ Comment: 'hello', nonsense: 1 })).toBe(200)
  expect(await read(ask(`/requests/${TICKET}/comment`))).toMatchObject({ COMMENT: 'hello' })
  const nothing = await ask(`/requests/${TICKET}`, sending('PUT', { nonsense: 1 }))
  expect([nothing.status, (await read(nothing)).error]).toEqual([590, expect.stringContaining('Nothing to update')])
})

test('a task is added as it is; an action needs one open parent', async () => {
  const { desk, ask } = await started({ tickets: [ONE] })
  const post = async (what: string, body: unknown) => {
    const answer = await ask(`/requests/${TICKET}/${what}`, sending('POST', body))
    return [answer.status, await answer.json()]
  }
  const action = { action_type_id: 94, group_name: 'Support', description: 'hello' }
  const done = [201, { HREF: `${desk.url}/requests/${TICKET}` }]
  expect(await post('tasks', action)).toEqual(done)
  expect(await post('tasks', { description: 'x' })).toMatchObject([590, {}])
  expect(await post('actions', action)).toMatchObject([590, {}])
  expect(await post('actions', { action })).toEqual(done)
  expect(await post('actions', { action })).toMatchObject([590, { error: 'Ambiguous query' }])
  expect((await ask(`/actions/${TICKET}`, sending('PUT', { end_action: {} }))).status).toBe(200)
  expect(await post('actions', { action })).toMatchObject([590, { error: 'Parent action not found or incorrect' }])
})

test('a body that is no JSON is refused with 590', async () => {
  const { ask } = await started()
  expect((await ask('/requests', { method: 'POST', body: '{' })).status).toBe(590)
  expect((await ask(`/requests/${TICKET}`, { method: 'PUT', body: '[]' })).status).toBe(590)
})
