import { describe, expect, test } from 'vitest'
import { bodyOf, type TextLeaf } from '../../src/mime/text.ts'

const alternative = { subtype: 'alternative', parent: undefined } as NonNullable<TextLeaf['parent']>

/** The text of a mail with two renderings. */
async function whole(plain: string, html: string): Promise<string> {
  const leaf = { flowed: false, delSp: false, parent: alternative }
  const body = await bodyOf([
    { ...leaf, part: '1', type: 'text/plain', text: plain },
    { ...leaf, part: '2', type: 'text/html', text: html },
  ])
  return body.whole
}

const LONG = 'The printer on the third floor prints nothing but stripes since this morning, see the file.'

describe('the HTML is taken where the plain rendering', () => {
  test.each([
    ['has nothing that is seen', '\u200C\u00A0\u200C\u00A0\u200B\u034F\u00AD\u2800\uFEFF\uFFFC'],
    ['is a full stop', '.'],
    ['is a preamble', 'This is a multi-part message in MIME format.'],
    ['speaks English', 'To view this message, please use a modern mail program.'],
    ['speaks of a browser', 'View this email in your browser: https://example.org/x/view'],
    ['speaks of HTML', 'This is an HTML message, and your client shows plain text only.'],
    ['speaks French', 'Pour visualiser ce message, utilisez une messagerie récente.'],
    ['speaks French of a browser', 'Voir ce message dans votre navigateur'],
    ['speaks German', 'Diese Nachricht kann nur in einem E-Mail-Programm mit HTML angezeigt werden.'],
    ['speaks German of a browser', 'Wird die Nachricht nicht richtig dargestellt? Im Browser ansehen'],
    ['speaks Spanish', 'Para ver este mensaje, abra su navegador.'],
    ['speaks Italian', 'Visualizza questo messaggio nel browser'],
    ['speaks Dutch', 'Bekijk dit bericht in uw browser'],
    ['speaks Portuguese', 'Para visualizar esta mensagem, abra-a no seu navegador.'],
    ['speaks Polish', 'Zobacz tę wiadomość w przeglądarce'],
    ['is the place of a picture', '[image]'],
  ])('%s', async (_what, plain) => {
    expect(await whole(plain, `<p>${LONG}</p>`)).toBe(LONG)
  })
})

test('the HTML is taken where the plain rendering is its link to the browser', async () => {
  const plain = 'View this email in your browser: https://example.org/x'
  const link = '<a href="https://example.org/x">View this email in your browser</a>'
  expect(await whole(plain, `${link}<p>${LONG.repeat(3)}</p>`)).toContain(LONG)
})

describe('the plain rendering is taken where it', () => {
  test.each<[string, string, string]>([
    [
      'speaks of a browser, as the HTML does',
      'I cannot open the page in my browser.',
      `<p>I cannot open the <b>page</b> in my browser.</p><p>${LONG}</p>`,
    ],
    ['is short above a long quote', 'Yes.', `<p>Yes.</p><blockquote>${LONG.repeat(5)}</blockquote>`],
    ['is wrapped otherwise, in Chinese', '请查看附\n件的日志文件', `<p>请查看附件的日志文件</p><p>${LONG}</p>`],
    ['speaks of HTML, and the HTML has little', `The HTML export is broken: ${LONG}`, '<p>Sent by phone</p>'],
    ['is a number in the HTML', '4711', `<p>4711</p><p>${LONG}</p>`],
    ['stands beside HTML without a word', 'View this in your browser', '<img src="x"><p>&zwnj;&nbsp;</p>'],
    ['is longer than a line or two', LONG.repeat(2), '<p>other words</p>'.repeat(500)],
  ])('%s', async (_what, plain, html) => {
    expect(await whole(plain, html)).toBe(plain)
  })
})

describe('text signed in clear loses its armor', () => {
  const signature = '-----BEGIN PGP SIGNATURE-----\n\niQEcBAEBCAAG\n=abcd\n-----END PGP SIGNATURE-----'
  const signed = (text: string): string => `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n${signature}`

  test.each<[string, string, string]>([
    ['and keeps its words', signed('The lamp is broken.'), 'The lamp is broken.'],
    ['and its dashes', signed('- -- \n- -----BEGIN x-----\n-5'), '-- \n-----BEGIN x-----\n-5'],
    ['and what stands around it', `above\n${signed('inside')}\nbelow\n- item`, 'above\ninside\nbelow\n- item'],
    ['twice', `${signed('one')}\n${signed('two')}`, 'one\ntwo'],
    ['with no header', `-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n${signature}`, 'x'],
  ])('%s', async (_what, text, expected) => {
    expect(await whole(text, '')).toBe(expected)
  })

  test.each([
    ['where its signature is missing', '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx'],
    ['where it is quoted', signed('x').replace(/^/gm, '> ')],
    ['where it is a flood', '-----BEGIN PGP SIGNED MESSAGE-----\n\n'.repeat(27_000).trim()],
  ])('but not %s', async (_what, text) => {
    expect(await whole(text, '')).toBe(text)
  })
})
