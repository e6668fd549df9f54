/** What the last extension of a name says of a file. */

/** Characters of a sender's name that are read. */
export const LONGEST_NAME = 8000

/**
 * Bidirectional marks and overrides, zero-width and other formatting characters, tags, soft
 * hyphens, Hangul fillers.
 */
const INVISIBLE =
  /[\p{Cf}\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0\u{E0000}-\u{E0FFF}]|\u034F|\u17B4|\u17B5|[\u180B-\u180F]/gu

/** Lone surrogates go with the rest: matching by code points, only lone ones are of category Cs. */
export const onlyVisible = (text: string): string =>
  text
    .replace(/[\t\n\v\f\r]/g, ' ')
    .replace(INVISIBLE, '')
    .replace(/\p{Zs}+/gu, ' ')
    .normalize('NFC')

/**
 * The extension that a system goes by, lower case, with its dot; `''` for none. Dots and blanks at
 * the end do not count, as on Windows; compatibility letters count as the plain ones they look
 * like, other full stops as dots. An NTFS stream (`a.exe:b`, `a.exe::$DATA`) is the file before the
 * colon.
 */
export function extensionOf(name: string): string {
  const plain = onlyVisible(name.slice(0, LONGEST_NAME).normalize('NFKC'))
    .toLowerCase()
    .replace(/[\u3002\uA4F8]/g, '.')
  const base = withoutEnd(plain.split(/[/\\]/).findLast(piece => withoutEnd(piece) !== '') ?? '')
  const file = withoutEnd(STREAM.exec(base)?.[1] ?? base)
  const dot = file.lastIndexOf('.')
  return dot < 0
    ? ''
    : `.${file
        .slice(dot + 1)
        .replace(/[:;].*$/s, '')
        .trim()}`
}

/** A port is no stream: `portal.example.com:8080.har`. */
const STREAM = /^([^:]*\.[^\s.:]{1,10}):(?!\d)\S/

function withoutEnd(text: string): string {
  let end = text.length
  while (text.charAt(end - 1) === '.' || text.charAt(end - 1) === ' ') end -= 1
  return text.slice(0, end)
}

const listed = (extensions: string): ReadonlySet<string> => new Set(extensions.split(' ').map(one => `.${one}`))

/**
 * Text by name: the line `#!/bin/sh` at its beginning is text as well, for no system runs it by
 * this name.
 */
const TEXTS = listed(
  'txt text log md rst csv tsv json xml yml yaml ini cfg conf config properties diff patch out err sql tex',
)

/** Archives that are ZIP files inside; the name of their first entry does not count. */
const ZIPS = listed(
  'zip docx xlsx pptx dotx xltx ppsx odt ods odp odg ott epub vsdx xps oxps cbz kmz 3mf pages numbers key',
)

const OTHERS = listed(
  [
    'pdf ps eps rtf doc xls ppt dot xlt pps vsd mpp pub msg eml mbox ics vcf vcard p7s p7m p7c asc sig gpg pgp cer crt pem',
    'png jpg jpeg jpe jfif gif bmp tif tiff webp heic heif svg ico psd ai mp3 m4a wav ogg oga amr flac aac wma',
    'mp4 m4v mov avi mkv webm wmv mpg mpeg 3gp 7z rar tar gz tgz bz2 xz zst htm html mht mhtml har map dmp mdmp',
    'trace pcap pcapng evtx etl dwg dxf step stp stl igs xsd xsl',
  ].join(' '),
)

export const isTextName = (extension: string): boolean => TEXTS.has(extension)
export const isZipName = (extension: string): boolean => ZIPS.has(extension)

/** No system runs a file of this name; it is opened by a program that shows it. */
export const isDocumentName = (extension: string): boolean =>
  TEXTS.has(extension) || ZIPS.has(extension) || OTHERS.has(extension)
