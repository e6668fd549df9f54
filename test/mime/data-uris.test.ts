/** Files that are written into a text as `data:` URIs: each is taken out byte for byte, or the mail says that one may be lost. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { takeOutDataUris } from '../../src/mime/data-uris.ts'
import { html, multipart, octetsOf, outline, plain, setup } from './parsing.ts'

const PICTURE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(3_000, 'screenshot')])
const BASE64 = PICTURE.toString('base64')
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600">${'<path d="M0 0"/>'.repeat(20)}</svg>`

const taken = (text: string, isHtml = true) => {
  let count = 0
  const { html: rest, files, left } = takeOutDataUris(Buffer.from(text), { isHtml, cidOf: () => `${++count}@x` })
  return { rest: rest.toString(), files, left }
}

describe('a picture is taken out of HTML', () => {
  const folded = BASE64.replace(/.{76}/g, '$&\r\n ')
  test.each([
    ['in double quotes', `<img src="data:image/png;base64,${BASE64}">`],
    ['in single quotes', `<img src='data:image/png;base64,${BASE64}'>`],
    ['without quotes', `<img src=data:image/png;base64,${BASE64} alt=x>`],
    ['in capitals', `<IMG SRC="DATA:IMAGE/PNG;BASE64,${BASE64}">`],
    ['with parameters', `<img src="data:image/png;charset=utf-8;name=a.b;base64,${BASE64}">`],
    ['with blanks around it', `<img src=" data:image/png; base64 , ${BASE64} ">`],
    ['in folded lines', `<img src="data:image/png;base64,${folded}">`],
    [
      'in lines with folds as entities',
      `<img src="data:image/png;base64,${BASE64.replace(/.{76}/g, '$&&#13;&#10;')}">`,
    ],
    [
      'with entities for signs',
      `<img src="data:image/png;base64,${BASE64.replaceAll('+', '&#43;').replaceAll('/', '&#x2F;').replaceAll('=', '&equals;')}">`,
    ],
    ['percent-encoded', `<img src="data:image/png;base64,${encodeURIComponent(BASE64)}">`],
    ['in the alphabet of URLs', `<img src="data:image/png;base64,${PICTURE.toString('base64url')}">`],
    ['in a style', `<td style="background:url(data:image/png;base64,${BASE64})">`],
    ['in a style with quotes', `<td style="background:url('data:image/png;base64,${BASE64}')">`],
    ['in a style with quotes as entities', `<td style="background:url(&quot;data:image/png;base64,${BASE64}&quot;)">`],
    ['in a srcset', `<img srcset="data:image/png;base64,${PICTURE.toString('base64url')} 2x, b.png 1x">`],
    ['in a link', `<a href="data:image/png;base64,${BASE64}" download="x">`],
    ['in prose', `<p>data:image/png;base64,${BASE64}</p>`],
  ])('%s', (_how, text) => {
    const { rest, files, left } = taken(`<p>above</p>${text}<p>below</p>`)
    expect(files.map(({ type, bytes }) => [type, bytes.equals(PICTURE)])).toEqual([['image/png', true]])
    expect(left).toBe(0)
    expect(rest).toContain('cid:1@x')
    expect(rest).toMatch(/^<p>above<\/p>.{1,90}<p>below<\/p>$/s)
  })

  test.each([
    ['percent-encoded', `<img src="data:image/svg+xml,${encodeURIComponent(SVG)}">`],
    ['percent-encoded with a charset', `<img src='data:image/svg+xml;utf8,${encodeURIComponent(SVG)}'>`],
    ['as it is', `<img src='data:image/svg+xml,${SVG}'>`],
    ['in a style', `<div style="background:url(data:image/svg+xml,${encodeURIComponent(SVG)})">`],
  ])('a drawing %s', (_how, text) => {
    const { files } = taken(text)
    expect(files.map(({ type, bytes }) => [type, bytes.toString()])).toEqual([['image/svg+xml', SVG]])
  })

  test.each([
    ['alt', 'alt="Screenshot 1.png"', 'Screenshot 1.png'],
    ['a mark of the editor', "data-filename='a &amp; b.png'", 'a & b.png'],
    ['a text that is no file name', 'alt="The screen."', undefined],
    ['nothing', '', undefined],
  ])('is named by %s', (_what, attribute, name) => {
    expect(taken(`<img ${attribute} src="data:image/png;base64,${BASE64}">`).files[0]?.name).toBe(name)
    expect(taken(`<img src="data:image/png;base64,${BASE64}" ${attribute}>`).files[0]?.name).toBe(name)
  })
})

describe('what is no file stays', () => {
  test.each([
    ['a tracking pixel', `<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">`],
    [
      'prose about such URIs',
      '<p>Write "data:text/plain,hello" or data:image/png;base64,AAAA there, (data:text/plain,x</p>',
    ],
    ['a word that ends in data:', `<p>metadata: see "data: none", data:,x</p>`],
    ['an attribute', `<p data-x="1">DATA: <b>12</b>, 13</p>`],
  ])('%s', (_what, text) => {
    expect(taken(text)).toEqual({ rest: text, files: [], left: 0 })
  })

  test.each(['text/css', 'font/woff2', 'application/x-font-ttf', 'application/vnd.ms-fontobject', 'text/javascript'])(
    'a piece of the page: %s',
    type => {
      const { files, left } = taken(`<style>@font-face{src:url(data:${type};base64,${BASE64})}</style>`)
      expect([files.length, left]).toEqual([0, 0])
    },
  )
})

describe('one that cannot be taken out is counted', () => {
  test.each([
    ['spoilt in its middle', `<img src="data:image/png;base64,${BASE64.slice(0, 2500)}!!${BASE64.slice(2500)}">`],
    ['cut behind a single digit', `<img src="data:image/png;base64,${BASE64.slice(0, 2401)}">`],
  ])('%s', (_what, text) => {
    expect(taken(text)).toMatchObject({ files: [], left: 1 })
  })

  test('one too many', () => {
    const text = Buffer.from(`<img src="data:image/png;base64,${BASE64}">`)
    expect(takeOutDataUris(text, { isHtml: true, cidOf: () => undefined })).toMatchObject({ files: [], left: 1 })
  })
})

test.each([
  ['data:'],
  ['"data:image/png;base64,'],
  ['(data:image/x,'],
  ["='data:image/svg+xml,&quot;"],
  ['data:image/png;base64,AAAA&'],
  ['<img alt="a.'],
  ['data:;;;;;;;;;;;;;;;;'],
])('a megabyte of %s is read', piece => {
  expect(taken(piece.repeat(1_000_000 / piece.length)).rest.length).toBeGreaterThan(0)
})

describe('in a mail', () => {
  test('a screenshot is a part of its own that the text shows', async () => {
    const { parse } = await setup()
    const mail = await parse(
      multipart('alternative', plain('see'), html(`<p>see</p><img src="data:image/png;base64,${BASE64}">`)),
    )
    expect(outline(mail)).toEqual(['1 body', '2 alternative', '2/1 inline-image'])
    expect(octetsOf(mail, '2/1').equals(PICTURE)).toBe(true)
    expect(mail.parts[2]).toMatchObject({ type: 'image/png', cited: true })
    expect(mail.remarks).toEqual(['part 2: 1 file was taken out of data: URIs'])
    expect(mail.doubts).toEqual([])
  })

  test('one that is shown twice, or in both renderings, is one part', async () => {
    const { parse } = await setup()
    const image = `<img src="data:image/png;base64,${BASE64}">`
    const text = plain(`![screen](data:image/png;base64,${BASE64})`)
    const mail = await parse(multipart('alternative', text, html(image + image)))
    expect(outline(mail)).toEqual(['1 body', '1/1 inline-image', '2 alternative'])
    expect(mail.text.whole).toBe('![screen](cid:1.1@data-uri)')
  })

  test('twenty megabytes of pictures leave the words below them', async () => {
    const { parse } = await setup()
    const pictures = Array.from({ length: 5 }, () => randomBytes(3_000_000))
    const images = pictures.map(one => `<img src="data:image/jpeg;base64,${one.toString('base64')}">`)
    const mail = await parse(html(`${images.join('')}<p>The words.</p>`))
    expect(mail.text.whole).toBe('The words.')
    expect(pictures.every((one, at) => octetsOf(mail, `1/${at + 1}`).equals(one))).toBe(true)
  })

  test('one that is spoilt is a doubt, and so is one beyond the thousandth', async () => {
    const { parse } = await setup()
    const spoilt = await parse(html(`<img src="data:image/png;base64,${BASE64}*${BASE64}">`))
    expect(spoilt.doubts).toEqual(['part 1: a file in a data: URI of its text could not be taken out'])
    const many = Array.from({ length: 1001 }, (_, n) => Buffer.alloc(2_000, `${n} `).toString('base64'))
    const mail = await parse(html(many.map(one => `<img src="data:image/png;base64,${one}">`).join('')))
    expect(mail.parts).toHaveLength(1 + 1000)
    expect(mail.doubts).toHaveLength(1)
  })
})
