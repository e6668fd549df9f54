/** Reads the body of an upload as a desk would, sharing no code with what wrote it: octets in, one document out. */

export type Upload = {
  readonly encoding: 'multipart' | 'json'
  readonly name: string
  readonly type: string | undefined
  readonly description: string | undefined
  readonly bytes: Buffer
  /** Header lines of the part as they came, `''` for JSON. */
  readonly rawPartHeader: string
}

/** Throws for anything but a field `description` at most, then exactly one document. */
export function readUpload(contentType: string, body: Buffer): Upload {
  if (contentType === 'application/json') return readJson(body)
  const boundary = /^multipart\/form-data; boundary=([\w'()+,./:=?-]+)$/.exec(contentType)?.[1]
  if (boundary === undefined) throw new Error(`cannot read ${contentType}`)
  return readMultipart(boundary, body)
}

function readJson(body: Buffer): Upload {
  const { description, documents, ...more } = JSON.parse(body.toString('utf8'))
  if (Object.keys(more).length > 0) throw new Error('unknown fields')
  if (!Array.isArray(documents) || documents.length !== 1) throw new Error('not one document')
  const { filename, filedata, ...rest } = documents[0]
  if (Object.keys(rest).length > 0 || typeof filename !== 'string' || typeof filedata !== 'string') {
    throw new Error('not a document')
  }
  const bytes = Buffer.from(filedata, 'base64')
  if (bytes.toString('base64') !== filedata) throw new Error('not base64')
  return { encoding: 'json', name: filename, type: undefined, description, bytes, rawPartHeader: '' }
}

type Part = { readonly header: string; readonly content: Buffer }

function readMultipart(boundary: string, body: Buffer): Upload {
  const parts = split(boundary, body)
  const last = parts.at(-1)
  const first = parts.length === 2 ? parts[0] : undefined
  if (last === undefined || parts.length > 2) throw new Error(`${parts.length} parts`)
  if (first !== undefined && named(first) !== 'description') throw new Error('the first of two parts is no description')
  if (named(last) !== 'documents') throw new Error('no part documents')
  return {
    encoding: 'multipart',
    name: /; filename="([^"]*)"/.exec(last.header)?.[1] ?? '',
    type: /^content-type: (.*)$/im.exec(last.header)?.[1],
    description: first?.content.toString('utf8'),
    bytes: last.content,
    rawPartHeader: last.header,
  }
}

const named = (part: Part): string | undefined =>
  /^content-disposition: form-data; name="([^"]*)"/im.exec(part.header)?.[1]

function split(boundary: string, body: Buffer): readonly Part[] {
  const parts: Part[] = []
  const opening = `--${boundary}\r\n`
  if (body.indexOf(opening) !== 0) throw new Error('does not begin with the boundary')
  let at = opening.length
  for (;;) {
    const blank = body.indexOf('\r\n\r\n', at)
    const end = body.indexOf(`\r\n--${boundary}`, blank + 2)
    if (blank < 0 || end < 0) throw new Error('breaks off')
    parts.push({ header: body.toString('utf8', at, blank), content: body.subarray(blank + 4, end) })
    const next = end + boundary.length + 4
    const after = body.toString('latin1', next, next + 4)
    if (after === '--\r\n' && next + 4 === body.length) return parts
    if (!after.startsWith('\r\n')) throw new Error('a boundary that is none')
    at = next + 2
  }
}
