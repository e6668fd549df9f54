/** A hundred mails made to keep a parser busy: each takes seconds, or meets a limit. */

const typed = (type: string, body: string): string => `Content-Type: ${type}\r\n\r\n${body}`

/** Of each kind there are several sizes, so that no two are equal. */
const KINDS: readonly ((size: number) => string)[] = [
  size => typed('text/html', `<${'a'.repeat(60_000 + size)}`),
  size => typed('text/html', '<aaaa'.repeat(12_000 + size)),
  size => typed('text/html', `<p>${'<a href='.repeat(80_000 + size)}`),
  size => typed('text/html', `${'<table><tr><td>'.repeat(4_000 + size)}deep`),
  size => typed('text/plain', `On ${'a '.repeat(90_000 + size)}\nx`),
  size => typed('text/plain', 'begin 644 a\r\n'.repeat(400_000 + size)),
  size => typed('multipart/mixed; boundary=b', '--b\r\nContent-Type: x/y; name=a\r\n\r\nx\r\n'.repeat(990)) + size,
  size => typed('multipart/mixed; boundary=b', `--b\r\n\r\n${'x'.repeat(30_000_000 + size)}\r\n--b--`),
  size => `${'To: a@b.c\r\n'.repeat(80_000 + size)}\r\nx`,
  size =>
    Array.from({ length: 95 }, (_, n) => typed(`multipart/mixed; boundary=b${n}`, `--b${n}\r\n`)).join('') +
    `\r\n${'x'.repeat(size)}`,
  size => typed('text/html', `${'<div>'.repeat(100_000 + size)}deep`),
]

export const HOSTILE: readonly (() => string)[] = Array.from({ length: 100 }, (_, n) => () => {
  const kind = KINDS[n % KINDS.length] ?? (() => '')
  return kind(n)
})
