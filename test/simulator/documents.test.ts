import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { asForm, asJson, ENCODINGS, read, sample, sending, started, TICKET } from './started.ts'

const DOCUMENTS = `/requests/${TICKET}/documents`

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

describe.each(ENCODINGS)('an upload as %s', (_, encoded) => {
  test('is answered with the link of the ticket and nothing else', async () => {
    const { desk, ask } = await started()
    const answer = await ask(DOCUMENTS, encoded([sample()], 'from Ann'))
    expect(answer.status).toBe(201)
    expect(await answer.json()).toEqual({ HREF: `${desk.url}/requests/${TICKET}` })
  })

  test.each([0, 1, 2, 3, 65_536, 1_048_576, 1_048_577, 3_000_001])(
    'of %d octets is kept, listed and given back octet for octet',
    async size => {
      const { desk, ask } = await started()
      const content = randomBytes(size)
      await ask(DOCUMENTS, encoded([sample('Pièce jointe n° 1 – été.pdf', content)], 'un été\r\nà Paris'))
      const [kept] = desk.documents(TICKET)
      expect(kept).toMatchObject({ name: 'Pièce jointe n° 1 – été.pdf', size, sha256: sha256(content) })
      expect(kept?.description).toBe('un été\r\nà Paris')
      expect(content.equals((await kept?.content()) ?? Buffer.from('none'))).toBe(true)
      const raw = await ask(`${DOCUMENTS}/${kept?.id}`)
      expect(sha256(Buffer.from(await raw.arrayBuffer()))).toBe(sha256(content))
      const base64 = await ask(`${DOCUMENTS}/${kept?.id}?encoding=base64`)
      expect(sha256(Buffer.from(await base64.text(), 'base64'))).toBe(sha256(content))
    },
  )

  test('of every octet there is, boundaries and quotes among them, is kept as it is', async () => {
    const { desk, ask } = await started()
    const all = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))
    const content = Buffer.concat([all, Buffer.from('\r\n--\r\n--x--\r\n"\\"'), all])
    await ask(DOCUMENTS, encoded([sample('all.bin', content)]))
    expect(desk.documents(TICKET)[0]?.sha256).toBe(sha256(content))
  })

  test('of the same file twice makes two documents with two ids of one name', async () => {
    const { desk, ask } = await started()
    const file = sample('image001.png')
    for (let times = 0; times < 2; times += 1) await ask(DOCUMENTS, encoded([file]))
    const [first, second] = desk.documents(TICKET)
    expect(first?.id).toMatch(/^50004_[0-9a-f]{64}$/)
    expect(first?.id).not.toBe(second?.id)
    expect(first?.id).not.toContain(first?.sha256)
    expect(desk.documents(TICKET).map(({ name }) => name)).toEqual(['image001.png', 'image001.png'])
  })

  test('of several files keeps them all, in order', async () => {
    const { desk, ask } = await started()
    await ask(DOCUMENTS, encoded([sample('a'), sample('b'), sample('c')]))
    expect(desk.documents(TICKET).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  test.each([
    ['first', 201, ['a']],
    ['partial', 590, ['a', 'b']],
  ] as const)('of several files may, with several=%s, say %d and keep %j', async (several, status, kept) => {
    const { desk, ask } = await started({ mode: { several } })
    const answer = await ask(DOCUMENTS, encoded([sample('a'), sample('b'), sample('c')]))
    expect(answer.status).toBe(status)
    expect(desk.documents(TICKET).map(({ name }) => name)).toEqual(kept)
    expect(desk.journal()[0]?.unstored).toHaveLength(3 - kept.length)
  })

  test('to an unknown ticket is answered 404 and kept nowhere', async () => {
    const { desk, ask } = await started({ tickets: [{ number: TICKET }] })
    const answer = await ask('/requests/I999999_000001/documents', encoded([sample()]))
    expect([answer.status, await answer.json()]).toEqual([404, { error: 'Resource not found' }])
    expect(desk.documents()).toEqual([])
    expect(desk.journal()[0]).toMatchObject({ status: 404, documents: [], unstored: [{ name: 'photo.jpg' }] })
  })

  test.each([201, 590, 403] as const)('to a closed ticket is answered %d when it is so set', async closed => {
    const { desk, ask } = await started({ tickets: [{ number: TICKET, closed: true }], mode: { closed } })
    expect((await ask(DOCUMENTS, encoded([sample()]))).status).toBe(closed)
    expect(desk.documents(TICKET)).toHaveLength(closed === 201 ? 1 : 0)
  })

  test.each([
    [413, 'a page of the web server', '413'],
    [undefined, 'a broken connection', 'reset'],
  ] as const)('that is too large gets %s: %s', async (status, _what, tooLarge) => {
    const { desk, ask } = await started({ mode: { maxBytes: 2000, tooLarge } })
    const sent = ask(DOCUMENTS, encoded([sample('big', randomBytes(3000))]))
    if (status === undefined) await expect(sent).rejects.toThrow()
    else expect((await sent).headers.get('content-type')).toContain('text/html')
    expect(desk.journal()[0]?.status).toBe(status)
    expect(desk.documents()).toEqual([])
    expect((await ask(DOCUMENTS, encoded([sample('small')]))).status).toBe(201)
  })

  test('of eight times 5 MB at once is kept eight times, each octet for octet', async () => {
    const { desk, ask } = await started()
    const files = Array.from({ length: 8 }, (_, at) => sample(`${at}.bin`, randomBytes(5_000_000)))
    const answers = await Promise.all(files.map(file => ask(DOCUMENTS, encoded([file]))))
    expect(answers.map(({ status }) => status)).toEqual(files.map(() => 201))
    const kept = new Map(desk.documents(TICKET).map(({ name, sha256 }) => [name, sha256]))
    expect(kept).toEqual(new Map(files.map(({ name, content }) => [name, sha256(content)])))
  })
})

test('documents may be called documents, documents[] or documents[0], in any case', async () => {
  const { desk, ask } = await started()
  for (const field of ['documents', 'documents[]', 'Documents[0]'])
    await ask(DOCUMENTS, asForm([sample(field)], '', field))
  expect(desk.documents(TICKET).map(({ name }) => name)).toEqual(['documents', 'documents[]', 'Documents[0]'])
  expect((await ask(DOCUMENTS, asForm([sample()], '', 'file'))).status).toBe(590)
})

test('names in JSON may be written in any case, and the ticket number too', async () => {
  const { desk, ask } = await started()
  const body = { Description: 'hello', DOCUMENTS: [{ FileName: 'a.txt', FILEDATA: 'aGVsbG8=' }], extra: [{ x: 1 }] }
  const answer = await ask(`/Requests/${TICKET.toLowerCase()}/Documents`, sending('POST', body))
  expect(answer.status).toBe(201)
  expect(desk.documents(TICKET)).toMatchObject([{ name: 'a.txt', size: 5, description: 'hello' }])
})

test.each([
  ['no documents', { description: 'x' }],
  ['no file', { documents: [] }],
  ['documents that are no array', { documents: { filename: 'a', filedata: '' } }],
  ['a document that is no object', { documents: ['a'] }],
  ['no name', { documents: [{ filedata: 'aGVsbG8=' }] }],
  ['an empty name', { documents: [{ filename: '', filedata: 'aGVsbG8=' }] }],
  ['a name that is a number', { documents: [{ filename: 7, filedata: 'aGVsbG8=' }] }],
  ['no data', { documents: [{ filename: 'a' }] }],
  ['data that is null', { documents: [{ filename: 'a', filedata: null }] }],
  ['data that is not base64', { documents: [{ filename: 'a', filedata: '<hello>!' }] }],
  ['a data URL', { documents: [{ filename: 'a', filedata: 'data:text/plain;base64,aGVsbG8=' }] }],
  ['base64 without padding', { documents: [{ filename: 'a', filedata: 'aGVsbG8' }] }],
  ['base64 that goes on after its padding', { documents: [{ filename: 'a', filedata: 'aGVsbA==aGVsbA==' }] }],
  ['one good and one bad file', { documents: [{ filename: 'a', filedata: 'aGVsbG8=' }, { filename: 'b' }] }],
  ['an array', [1]],
  ['a string', 'x'],
])('an upload with %s is refused with 590, and nothing is kept', async (_, body) => {
  const { desk, ask } = await started()
  expect((await ask(DOCUMENTS, sending('POST', body))).status).toBe(590)
  expect(desk.documents()).toEqual([])
})

test.each([
  ['multipart', 'form-data', 'JSON', 415],
  ['json', 'JSON', 'form-data', 590],
  ['json', 'JSON', 'form-data', 400],
] as const)('a desk set to %s takes %s and refuses %s with %d', async (encodings, taken, _refused, wrongEncoding) => {
  const { ask } = await started({ mode: { encodings, wrongEncoding } })
  for (const [name, encoded] of ENCODINGS) {
    const { status } = await ask(DOCUMENTS, encoded([sample()]))
    expect(status).toBe(name === taken ? 201 : wrongEncoding)
  }
})

test('a body of another type is refused', async () => {
  const { ask } = await started()
  const { status } = await ask(DOCUMENTS, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } })
  expect(status).toBe(415)
})

test('the list has ids, names and links, but no sizes, dates or descriptions', async () => {
  const { desk, ask } = await started()
  expect(await read(ask(DOCUMENTS))).toEqual({
    PARENT_HREF: `${desk.url}/requests/${TICKET}`,
    HREF: `${desk.url}${DOCUMENTS}`,
    Documents: [],
  })
  await ask(DOCUMENTS, asJson([sample('Document créé via API REST.txt')], 'hello'))
  const id = desk.documents(TICKET)[0]?.id
  expect((await read(ask(DOCUMENTS))).Documents).toEqual([
    {
      HREF: `${new URL(desk.page).origin}/autoconnect_mail.php?field1=&field2=&field3=&docpath=50004/Documents/${id}%7CDocument%20cr%C3%A9%C3%A9%20via%20API%20REST.txt`,
      PARENT_HREF: `${desk.url}/requests/${TICKET}`,
      DOCUMENT_ID: id,
      DOCUMENT: 'Document créé via API REST.txt',
      DDL_HREF: `${desk.url}${DOCUMENTS}/${id}`,
    },
  ])
})

test.each([
  ['before 2020.2 it has no names', { listNames: false, listLinks: false }, ['HREF', 'PARENT_HREF', 'DOCUMENT_ID']],
  ['before 2023.1 it has no links', { listLinks: false }, ['HREF', 'PARENT_HREF', 'DOCUMENT_ID', 'DOCUMENT']],
])('the list of an older desk: %s', async (_, mode, keys) => {
  const { ask } = await started({ mode })
  await ask(DOCUMENTS, asJson([sample()]))
  expect(Object.keys((await read(ask(DOCUMENTS))).Documents[0])).toEqual(keys)
})

test('the list may be in lower case, and its links in upper case', async () => {
  const { ask } = await started({ mode: { listCase: 'lower', listScheme: 'HTTPS' } })
  await ask(DOCUMENTS, asJson([sample('A.TXT')]))
  const list = await read(ask(DOCUMENTS))
  expect(Object.keys(list)).toEqual(['parent_href', 'href', 'documents'])
  expect(list.documents[0].document).toBe('A.TXT')
  expect(list.documents[0].ddl_href).toMatch(/^HTTPS:\/\//)
})

test.each([
  ['nfc', 'e\u0301|a', '\u00e9|a'],
  ['nfd', '\u00e9|a', 'e\u0301|a'],
  ['bar', '\u00e9|a', '\u00e9'],
  ['kept', 'e\u0301|a', 'e\u0301|a'],
] as const)('names are %s when it is so set', async (names, sent, kept) => {
  const { desk, ask } = await started({ mode: { names } })
  for (const [, encoded] of ENCODINGS) await ask(DOCUMENTS, encoded([sample(sent)]))
  expect(desk.documents(TICKET).map(({ name }) => name)).toEqual([kept, kept])
})

test('a document is deleted with an empty answer, and is gone', async () => {
  const { desk, ask } = await started()
  await ask(DOCUMENTS, asJson([sample('a'), sample('b')]))
  const [a, b] = desk.documents(TICKET)
  const answer = await ask(`${DOCUMENTS}/${a?.id}`, { method: 'DELETE' })
  expect([answer.status, await answer.text()]).toEqual([204, ''])
  expect((await ask(`${DOCUMENTS}/${a?.id}`)).status).toBe(404)
  expect((await ask(`${DOCUMENTS}/${a?.id}`, { method: 'DELETE' })).status).toBe(404)
  expect(desk.documents(TICKET).map(({ id }) => id)).toEqual([b?.id])
})

test('the old routes without a ticket still give and delete documents', async () => {
  const { desk, ask } = await started({ mode: { nested: false } })
  const file = sample()
  await ask(DOCUMENTS, asJson([file]))
  const id = desk.documents(TICKET)[0]?.id
  expect((await ask(`${DOCUMENTS}/${id}`)).status).toBe(403)
  expect(Buffer.from(await (await ask(`/documents/${id}`)).arrayBuffer()).equals(file.content)).toBe(true)
  expect((await ask(`/documents/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(desk.documents()).toEqual([])
})

test('a document is not given under the number of another ticket', async () => {
  const { desk, ask } = await started()
  await ask(DOCUMENTS, asJson([sample()]))
  expect((await ask(`/requests/I161026_000006/documents/${desk.documents(TICKET)[0]?.id}`)).status).toBe(404)
})
