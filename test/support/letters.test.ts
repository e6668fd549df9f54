import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { letter, octets, sha256 } from './letters.ts'

test('a letter is read as it was written: subject, text, files and their octets', async () => {
  const photo = octets(50_000)
  const subject = 'Écran figé — I161026_000005, depuis ce matin et sans raison apparente'
  const text = `Bonjour,\n\n${'é = à, '.repeat(60)}\nfin d’une ligne \n`
  const mail = await simpleParser(
    letter({ subject, text, attachments: { 'photo d’été.png': photo, 'a.txt': 'x\ny\n' } }),
  )
  expect(mail.subject).toBe(subject)
  expect(mail.text?.trimEnd()).toBe(text.trimEnd())
  expect(mail.attachments.map(({ filename, content }) => [filename, sha256(content)])).toEqual([
    ['photo d’été.png', sha256(photo)],
    ['a.txt', sha256('x\ny\n')],
  ])
})

test('an HTML letter carries its images beside the page that cites them', async () => {
  const logo = octets(900, 'logo')
  const mail = await simpleParser(
    letter({ html: '<p>Hi <img src="cid:logo@x"></p>', text: 'Hi', inline: { 'logo@x': logo } }),
  )
  expect(mail.attachments.map(({ cid, content }) => [cid, sha256(content)])).toEqual([['logo@x', sha256(logo)]])
})

test('every line of a letter ends with CRLF and none is longer than 998 octets', () => {
  const lines = letter({ text: 'x'.repeat(5_000), attachments: { 'a.bin': octets(10_000) } })
    .toString('latin1')
    .split('\r\n')
  expect(lines.some(line => /[\r\n]/.test(line))).toBe(false)
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(998)
})
