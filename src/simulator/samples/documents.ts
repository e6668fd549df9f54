/** Documents of an office, as small as they can be and still open: PDF, xlsx, and the winmail.dat that Outlook makes of them. */
import { crc32 } from 'node:zlib'

/** A page of A4 with these lines on it (ASCII). */
export function pdf(lines: readonly string[]): Buffer {
  const drawn = lines.map(line => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join('\n')
  const text = `BT /F1 12 Tf 16 TL 72 760 Td\n${drawn}\nET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let file = '%PDF-1.4\n'
  const places = objects.map((object, n) => {
    const place = file.length
    file += `${n + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`
  return Buffer.from(file + table + end)
}

/** A workbook with one sheet (ECMA-376). */
export function xlsx(rows: readonly (readonly string[])[]): Buffer {
  const cells = rows.map(
    row => `<row>${row.map(text => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`,
  )
  const office = 'http://schemas.openxmlformats.org'
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const relations = `${office}/officeDocument/2006/relationships`
  return zip({
    '[Content_Types].xml': `<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="r1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="r1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${office}/spreadsheetml/2006/main" xmlns:r="${relations}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${office}/spreadsheetml/2006/main"><sheetData>${cells.join('')}</sheetData></worksheet>`,
  })
}

/** A TNEF stream (MS-OXTNEF) of a mail with one file, as Outlook sends it to those it takes for Exchange users. */
export function winmail(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt32LE(0x223e9f78)
  head.writeUInt16LE(1, 4)
  const place = Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 32, 0, 32, 0, 0, 0, 0, 0])
  return Buffer.concat([
    head,
    attribute(MESSAGE, 0x00089006, Buffer.from([0, 0, 1, 0])),
    attribute(MESSAGE, 0x00069007, Buffer.from([0xe4, 0x04, 0, 0, 0, 0, 0, 0])),
    attribute(MESSAGE, 0x00078008, Buffer.from('IPM.Microsoft Mail.Note\0')),
    attribute(ATTACHMENT, 0x00069002, place),
    attribute(ATTACHMENT, 0x0006800f, content),
    // The old name has eight letters and is what is left for those who do not read the properties.
    attribute(ATTACHMENT, 0x00018010, Buffer.from(`${shortName(name)}\0`, 'latin1')),
    attribute(ATTACHMENT, 0x00069005, longName(name)),
  ])
}

const MESSAGE = 1
const ATTACHMENT = 2

function attribute(level: number, id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt8(level)
  head.writeUInt32LE(id, 1)
  head.writeUInt32LE(data.length, 5)
  const sum = Buffer.alloc(2)
  sum.writeUInt16LE(data.reduce((total, octet) => (total + octet) & 0xffff, 0))
  return Buffer.concat([head, data, sum])
}

/** MAPI properties: PidTagAttachMethod (by value) and PidTagAttachLongFilename, in UTF-16. */
function longName(name: string): Buffer {
  const text = Buffer.from(`${name}\0`, 'utf16le')
  const words = [2, 0x3705_0003, 1, 0x3707_001f, 1, text.length]
  const head = Buffer.alloc(words.length * 4)
  words.forEach((word, n) => {
    head.writeUInt32LE(word, n * 4)
  })
  return Buffer.concat([head, text, Buffer.alloc((4 - (text.length % 4)) % 4)])
}

const shortName = (name: string): string =>
  name
    .replace(/^(.{1,6}).*(\.[^.]{1,3})[^.]*$/, '$1~1$2')
    .replace(/[^\w.~]/g, '_')
    .toUpperCase()

/** Stored, not compressed (APPNOTE 6.3). */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let place = 0
  for (const [name, text] of Object.entries(files)) {
    const [title, data] = [Buffer.from(name), Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)]
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20)
    facts.writeUInt16LE(0x5974, 8)
    facts.writeUInt32LE(crc32(data), 10)
    facts.writeUInt32LE(data.length, 14)
    facts.writeUInt32LE(data.length, 18)
    facts.writeUInt16LE(title.length, 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(place, 10)
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, tail, title)
    const entry = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, title, data])
    local.push(entry)
    place += entry.length
  }
  const index = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  const count = Object.keys(files).length
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(index.length, 12)
  end.writeUInt32LE(place, 16)
  return Buffer.concat([...local, index, end])
}
