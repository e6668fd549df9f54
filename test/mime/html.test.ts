import { describe, expect, test } from 'vitest'
import { textOfHtml, withoutTags } from '../../src/mime/html.ts'

const text = async (html: string): Promise<string> => (await textOfHtml(html)).text

describe('cells of an HTML table can be told apart', () => {
  test.each<[string, string, string]>([
    [
      'of a monitoring system, header row and all',
      '<table border="1"><tr><th>Host</th><th>State</th></tr><tr><td>db17</td><td>CRITICAL</td></tr></table>',
      'Host | State\ndb17 | CRITICAL',
    ],
    [
      'pasted from Excel, with paragraphs inside',
      '<table><tbody><tr><td><p>Printer</p></td><td><p>4711</p></td></tr><tr><td><p>Scanner</p></td><td><p>0815</p></td></tr></tbody></table>',
      'Printer | 4711\nScanner | 0815',
    ],
    ['of a form, whose labels end in a colon', '<table><tr><td>Room:</td><td>4</td></tr></table>', 'Room: 4'],
    [
      'with an empty one between others',
      '<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>1</td><td></td><td>3</td></tr></table>',
      'a | b | c\n1 |  | 3',
    ],
    [
      'below one that spans two rows',
      '<table><tr><td rowspan=2>a</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>',
      'a | 1 | 2\n| 3 | 4',
    ],
    [
      'of several short lines, in data',
      '<table><tr><th>Who</th><th>Where</th></tr><tr><td>Al</td><td>Room 4<br>Floor 2</td></tr></table>',
      'Who | Where\nAl | Room 4 Floor 2',
    ],
    ['without their rows', '<table><td>a</td><td>b</td></table>', 'a | b'],
    ['of a row without its table', '<tr><td>a</td><td>b</td></tr>', 'a | b'],
    ['beside words that no table may hold', '<table>one<tr>two<td>three</table>', 'one\ntwo | three'],
    [
      'and stand apart from the text around them',
      '<p>above</p><table><tr><td>a</td><td>b</td></tr></table><p>below</p>',
      'above\n\na | b\n\nbelow',
    ],
  ])('%s', async (_what, html, expected) => {
    expect(await text(html)).toBe(expected)
  })
})

describe('a table that only places text on a page leaves no marks', () => {
  test.each<[string, string, string]>([
    [
      'with one cell a row and spacers around it',
      '<table><tr><td>&nbsp;</td><td>Hello</td><td></td></tr><tr><td height="20"></td></tr><tr><td></td><td>Bye</td></tr></table>',
      'Hello\nBye',
    ],
    [
      'with tables in it',
      '<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr></table></td></tr></table>',
      'a\nb',
    ],
    [
      'with bullets in cells of their own',
      '<table><tr><td>•</td><td>one</td></tr><tr><td>•</td><td>two</td></tr></table>',
      '• one\n• two',
    ],
    [
      'with two columns of prose',
      `<table><tr><td>${'a '.repeat(100)}</td><td>${'b '.repeat(100)}</td></tr></table>`,
      `${'a '.repeat(100).trim()}\n${'b '.repeat(100).trim()}`,
    ],
  ])('%s', async (_what, html, expected) => {
    expect(await text(html)).toBe(expected)
  })
})

describe('text that its reader does not see is left out', () => {
  test.each([
    ['by display', '<div style="display:none;max-height:0">hidden</div>'],
    ['by display, written otherwise', '<div STYLE=" Display : NONE !important ">hidden</div>'],
    ['by visibility', '<span style="visibility: hidden">hidden</span>'],
    ['by a font size of 0', '<span style="font-size:0px">hidden</span>'],
    ['by its height', '<div style="max-height:0;overflow:hidden">hidden</div>'],
    ['by opacity', '<div style="opacity:0.0">hidden</div>'],
    ['by a word of Outlook', '<div style="mso-hide:all">hidden</div>'],
    ['by an attribute', '<div hidden>hidden</div>'],
    ['in a cell', '<table><tr><td style="display:none">hidden</td></tr></table>'],
  ])('%s', async (_how, html) => {
    expect(await text(`${html}<p>See the file.</p>`)).toBe('See the file.')
  })

  test.each([
    ['as there is no other', '<div style="display:none">all</div>'],
    ['as it is most of the mail', `<div style="display:none">${'all '.repeat(500)}</div>x`],
    ['as its size is set further inside', '<div style="font-size:0"><p style="font-size:14px">all</p></div>x'],
    ['as it is a button of which Outlook draws its own', '<a style="mso-hide:all">all</a>x'],
    ['as its size is not 0', '<p style="font-size:0.8em;opacity:0.9">all</p>x'],
  ])('but not %s', async (_why, html) => {
    expect(await text(html)).toContain('all')
  })
})

describe('no word of HTML that is written wrongly is lost', () => {
  test.each([
    ['outside its body', 'above<html><body>inside</body></html>below', 'above\ninside\nbelow'],
    ['behind a quote that does not end', '<p class="x>Hello</p><p>world</p>', 'Hello\nworld'],
    ['with a sign that is no tag', '<p>a < b and c > d</p>', 'a < b and c > d'],
    ['with a > in an attribute', '<p title="a > b">words</p>', 'words'],
  ])('%s', async (_what, html, expected) => {
    expect((await text(html)).replace(/\n+/g, '\n')).toBe(expected)
  })

  test.each([
    ['a comment that does not end', 'a<!-- b', 'a<!-- b'],
    ['a tag that does not end', 'a <b', 'a <b'],
    ['a script', 'a<script>if (1 < 2) x("</p>")</script>b', 'ab'],
    ['cells', '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a | b\nc'],
    ['a < in an attribute', '<img alt="<b>">x', 'x'],
  ])('where tags are only taken away: %s', (_what, html, expected) => {
    expect(withoutTags(html)).toBe(expected)
  })
})

const MEGABYTE = 1024 * 1024
const fill = (piece: string, before = ''): string => before + piece.repeat(MEGABYTE / piece.length)
const half = (piece: string, before = ''): string =>
  before + piece.repeat((MEGABYTE / 2 - before.length) / piece.length)

/** Ends in time: within the deadline of the test. */
describe('a flood of HTML ends', () => {
  test.each<[string, () => string]>([
    ['one tag without an end', () => fill('a', '<')],
    ['tags in each other without an end', () => fill('<a')],
    ['tags with a blank and without an end', () => fill('<a ')],
    ['brackets', () => fill('<')],
    ['ampersands', () => fill('&')],
    ['comments without an end', () => fill('<!--')],
    ['end tags without an end', () => fill('</a')],
    ['scripts without an end', () => fill('<script>')],
    ['titles whose end has no end', () => fill('<title></')],
    ['quotes without an end', () => fill('<a b="')],
    ['one huge attribute', () => `<p title="${fill('x')}">x`],
    ['a huge style', () => half('a:b;', '<p style="')],
    ['elements in each other', () => fill('<div>')],
    ['as many elements in each other as are laid out, and lines', () => half('x<br>', '<div>'.repeat(290))],
    ['quotes in each other, and lines', () => half('x<br>', '<blockquote>'.repeat(250))],
    ['lists in each other, and lines', () => half('x<br>', '<ul><li>'.repeat(140))],
    ['tables in each other, and lines', () => half('x<br>', '<table><tr><td>'.repeat(90))],
    ['100,000 cells in a row', () => half('<td>x', '<table><tr>')],
    ['cells that span all there is', () => half('<tr><td rowspan=9999 colspan=9999>x', '<table>')],
    ['elements of no size in each other', () => half('<b>x</b>', '<div style="font-size:0">'.repeat(280))],
    ['blanks', () => fill(' ')],
    ['line ends', () => fill('\n')],
  ])('%s', async (_what, flood) => {
    const html = flood()
    expect(typeof withoutTags(html)).toBe('string')
    expect(typeof (await text(html))).toBe('string')
  })
})
