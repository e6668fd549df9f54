import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { charsetOfHtml, rawText, textOf } from '../../src/mime/charset.ts'

const read = (octets: Uint8Array, declared?: string, truncated = false): string =>
  textOf(octets, declared, truncated).text
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('UTF-8 is read as such under any name', () => {
  test.each([
    ['iso-8859-1', 'Rückmeldung.txt'],
    ['windows-1252', 'Prüfung.pdf'],
    ['iso-8859-15', 'größer als früher'],
    ['iso-8859-2', 'błąd'],
    ['windows-1250', 'žluťoučký'],
    ['windows-1251', 'Лампа'],
    ['koi8-r', 'Лампа'],
    ['gb2312', '请查看附件'],
    ['gb2312', 'Größe'],
    ['gbk', '“Fine”'],
    ['euc-kr', 'Größe'],
    ['big5', 'Größe'],
    ['shift_jis', '“Fine”'],
    ['shift_jis', '電球が切れ'],
    ['iso-2022-jp', '電球'],
    ['utf-16', 'Größe'],
    ['us-ascii', 'é'],
    ['x-nobody', 'é'],
  ])('%s', (charset, text) => {
    expect(read(Buffer.from(text), charset)).toBe(text)
  })

  test('and the doubt names what was declared', () => {
    expect(textOf(Buffer.from('ß'), 'iso-8859-15', false).doubt).toBe('text declared as iso-8859-15 is UTF-8')
  })
})

describe('a declared charset is believed where the octets allow it', () => {
  test.each([
    ['gb2312', '请查看附件的文件'],
    ['gb2312', '你好'],
    ['gb2312', '模式'],
    ['gbk', '联通'],
    ['gbk', '朱镕基'],
    ['euc-kr', '똠방각하'],
    ['shift_jis', 'ﾃｽﾄ'],
    ['big5', '請查看附件'],
    ['euc-kr', '안녕하세요'],
    ['ks_c_5601-1987', '안녕하세요'],
    ['euc-jp', '電球が切れています'],
    ['cp932', '電球が切れています'],
    ['windows-1251', 'ВСЁ СЛОМАНО'],
    ['win-1251', 'тест'],
    ['iso-8859-7', 'Καλημέρα'],
    ['windows-1256', 'مرحبا'],
    ['tis-620', 'สวัสดี'],
    ['cp850', 'für'],
    ['macintosh', 'für'],
    ['utf-16le', 'ab'],
  ])('%s: %s', (charset, text) => {
    expect(textOf(iconv.encode(text, charset.replace('win-', 'windows-')), charset, false)).toEqual({
      text,
      doubt: undefined,
    })
  })
})

describe('a charset that the octets contradict is not believed', () => {
  test.each([
    ['iso-2022-jp', 'euc-jp', '電球が切れています。'],
    ['iso-2022-jp', 'shift_jis', '電球が切れています。写真'],
    ['euc-jp', 'shift_jis', '電球が切れています'],
    ['shift_jis', 'euc-jp', '電球が切れています。'],
    ['iso-8859-2', 'windows-1250', 'Šárka žije'],
    ['iso-8859-15', 'windows-1252', '“für” 5 €'],
    ['utf-8', 'windows-1252', 'café'],
  ])('%s that is %s', (declared, real, text) => {
    expect(read(iconv.encode(text, real), declared)).toBe(text)
  })

  test('and ISO-2022-JP is told by its escapes', () => {
    for (const declared of [undefined, 'us-ascii', 'utf-8', 'iso-8859-1', 'shift_jis', 'iso-2022-jp'])
      expect(read(latin1('\x1B$BF|K\\8l\x1B(B'), declared)).toBe('日本語')
    expect(rawText(latin1('\x1B$BF|K\\8l\x1B(B'))).toBe('日本語')
  })
})

describe('UTF-8 that is not wholly so', () => {
  const cut = Buffer.from('Лампа в комнате').subarray(0, -1)

  test('is read with a mark for a letter that is cut at its end, unless the text goes on', () => {
    expect(rawText(cut)).toBe('Лампа в комнат\uFFFD')
    expect(read(cut)).toBe('Лампа в комнат\uFFFD')
    expect(read(cut, 'utf-8', true)).toBe('Лампа в комнат')
  })

  test('is read with a mark for a letter that is cut inside', () => {
    expect(rawText(Buffer.concat([latin1('filename="'), cut, latin1('"')]))).toBe('filename="Лампа в комнат\uFFFD"')
  })

  test('is read with the Western footer that a program added', () => {
    const mixed = Buffer.concat([Buffer.from('Größe für Änderungen größer\n'), latin1('M\xFCller GmbH\n')])
    expect(read(mixed, 'utf-8')).toBe('Größe für Änderungen größer\nMüller GmbH\n')
    expect(read(mixed)).toBe('Größe für Änderungen größer\nMüller GmbH\n')
  })

  test.each(['caf\xE9', 'Ren\xE9 a r\xE9ussi', '\xE0', 'n\xB0 5', '\xABo\xF9\xBB'])(
    'is not what %j is, which is Western',
    text => {
      expect(rawText(latin1(text))).toBe(text)
    },
  )
})

describe('text that names no charset', () => {
  test.each([
    ['iso-8859-2', 'Proszę sprawdzić drukarkę, błąd wciąż się powtarza.'],
    ['windows-1250', 'Proszę sprawdzić drukarkę, błąd wciąż się powtarza.'],
    ['windows-1250', 'Dobrý den, můžete se podívat na tiskárnu? Děkuji'],
    ['iso-8859-2', 'Dobrý den, můžete se podívat na tiskárnu? Děkuji'],
    ['windows-1250', 'Prečo tlačiareň ešte nejde? Ďakujem'],
    ['iso-8859-2', 'A nyomtató nem működik, később újra próbáltam.'],
    ['iso-8859-9', 'Yazıcı çalışmıyor, şifre değişti.'],
    ['windows-1257', 'Ačiū už pagalbą dėl spausdintuvo'],
  ])('is read as %s: %s', (charset, text) => {
    expect(read(iconv.encode(text, charset))).toBe(text)
    expect(read(iconv.encode(text, charset), 'iso-8859-1')).toBe(text)
  })

  test.each([
    'Être ou ne pas être, là où ça gêne ; n°5 œuvre à l´été, 10°C, 20 m³, 3 µm ± 1',
    "À propos : c'est déjà réglé, où êtes-vous ? Sûr et dû, naïf, Noël, aiguë",
    'Größe der Maßnahme: über 5 € für Änderungen, Öl und Straße, süß',
    '¿Qué pasa? ¡Año nuevo! El niño mañana. Hola¿qué tal. ¿e',
    'Não põe a mão, irmã sã e vã; avó às três, pôde, lições, nº 5ºi',
    'Perché è così, più città, lì giù, può, né, sì',
    'één coördinatie, knieën, reële, zoëven',
    'Smørrebrød på øen, ære og blåbær',
    'Kära Åsa, är det öppet för ägg?',
    'Það er þá ýmislegt, þú og ég, þey, við höfðum rétt, ðað',
    'Äiti meni työhön, älä pelkää',
    'Është shumë mirë, çfarë dhe dël',
    'L·lusió i col·legi, això és tot',
  ])('is Western where it may be: %s', text => {
    expect(textOf(iconv.encode(text, 'windows-1252'), undefined, false)).toEqual({ text, doubt: undefined })
    expect(rawText(iconv.encode(text, 'windows-1252'))).toBe(text)
  })
})

describe('HTML names its charset itself', () => {
  test.each([
    ['<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">', undefined, 'iso-8859-2'],
    ['<META CHARSET=koi8-r>', undefined, 'koi8-r'],
    ["<meta charset = 'windows-1250' />", 'us-ascii', 'windows-1250'],
    ['<?xml version="1.0" encoding="iso-8859-9"?><html>', undefined, 'iso-8859-9'],
    ['<meta charset="koi8-r">', 'utf-8', 'utf-8'],
    ['<meta charset="utf-16">', undefined, undefined],
    ['<!-- <meta charset="koi8-r"> --><p>charset=koi8-r</p>', undefined, undefined],
    ['<meta name="charsets" content="x">', undefined, undefined],
  ])('%s under %s', (html, declared, expected) => {
    expect(charsetOfHtml(latin1(html), declared)).toBe(expected)
  })
})

describe('a flood of octets ends', () => {
  const fill = (piece: string): Buffer => latin1(piece.repeat((1024 * 1024) / piece.length))
  test.each<[string, Buffer]>([
    ['none of them valid', fill('\xFF')],
    ['none of them valid, on lines of their own', fill('\xE9\n')],
    ['half of them valid', Buffer.concat([fill('\xC3\xA9'), fill('\xE9\n').subarray(0, 200_000)])],
    ['escapes', fill('\x1B$')],
    ['signs of UTF-7', fill('+')],
    ['metas without an end', fill('<meta ')],
    ['charsets', fill('<meta charset=')],
  ])('%s', (_what, octets) => {
    for (const charset of [undefined, 'utf-8', 'iso-2022-jp', 'gb2312', 'utf-7', 'iso-8859-2', 'utf-16'])
      expect(typeof read(octets, charset)).toBe('string')
    charsetOfHtml(octets, undefined)
  })
})
