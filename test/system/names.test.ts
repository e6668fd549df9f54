/** Names that senders, and people who mean harm, give to files: what the desk gets to see of them, octet by octet. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { setup } from '../support/road.ts'

/** As the sender meant it, and as the desk gets it. */
const NAMES: readonly (readonly [given: string, kept: string])[] = [
  ['../../etc/passwd.txt', 'passwd.txt'],
  ['..\\..\\windows\\win.ini', 'win.ini'],
  ['C:\\Users\\jo\\report.pdf', 'report.pdf'],
  ['/etc/shadow.pdf', 'shadow.pdf'],
  ['a\r\nX-Evil: 1\r\n\r\nb.pdf', 'a X-Evil_ 1 b.pdf'],
  ['nul\0l.pdf', 'null.pdf'],
  ['per%0d%0acent.pdf', 'per_0d_0acent.pdf'],
  ['invoice\u202Efdp.txt', 'invoicefdp.txt'],
  ['zero\u200Bwidth\u200D\uFEFF.pdf', 'zerowidth.pdf'],
  ['.htaccess.txt', 'htaccess.txt'],
  ['...dots.txt', 'dots.txt'],
  ['trailing.pdf. . ', 'trailing.pdf'],
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['LPT1.csv', '_LPT1.csv'],
  [`${'long '.repeat(60)}.pdf`, `${'long '.repeat(29)}l.pdf`],
  [`${'日'.repeat(300)}.pdf`, `${'日'.repeat(48)}.pdf`],
  ['quo"te;.pdf', 'quo_te;.pdf'],
  ['pi|pe<>?*:.pdf', 'pi_pe_____.pdf'],
  ['escape\x1B[31m.txt', 'escape[31m.txt'],
  ['lines\u2028and\u2029more.txt', 'linesandmore.txt'],
  ['same.pdf', 'same.pdf'],
  ['SAME.pdf', 'SAME (2).pdf'],
  ['e\u0301te\u0301.pdf', '\u00E9t\u00E9.pdf'],
  ['Übersicht 打印机 📷.pdf', 'Übersicht 打印机 📷.pdf'],
]

const percent = (text: string): string => Buffer.from(text).toString('hex').replace(/../g, '%$&')

/** RFC 2231 can say any octet; the type tries to say more than it should. */
const part = (name: string, at: number): string =>
  [
    '--b',
    `Content-Type: application/pdf; charset="x\r\n Y-Evil: 1"`,
    `Content-Disposition: attachment; filename*=utf-8''${percent(name)}`,
    '',
    `file ${at}`,
  ].join('\r\n')

const mail = Buffer.from(
  [
    'From: Ada Example <ada@example.org>',
    'To: support@example.com',
    'Subject: I161026_000005',
    'Message-ID: <names@example.org>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    ...NAMES.map(([given], at) => part(given, at)),
    '--b--',
    '',
  ].join('\r\n'),
)

describeWithDovecot('names that could do harm', () => {
  test.each(['multipart', 'json'])('reach the desk harmless, as %s, each on its own file', async encoding => {
    const { post, sweep, desk, mails } = await setup({ desk: { encoding } })
    await post(mail)
    expect(await sweep()).toBe(0)
    expect(desk.received.map(({ name }) => name)).toEqual(NAMES.map(([, kept]) => kept))
    expect(desk.received.map(({ bytes }) => bytes.toString())).toEqual(NAMES.map((_name, at) => `file ${at}`))
    for (const { name, rawPartHeader } of desk.received) {
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]|^\./u)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
      if (encoding === 'multipart')
        expect(rawPartHeader.split('\r\n').map(line => line.replace(/:.*/s, '').toLowerCase())).toEqual([
          'content-disposition',
          'content-type',
        ])
    }
    const originals = (await mails())[0]?.attachments.map(({ originalName }) => originalName)
    expect(originals).toEqual(NAMES.map(([given]) => given))
  })
})
