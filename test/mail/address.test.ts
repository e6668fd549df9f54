import { expect, test } from 'vitest'
import { mailable, parseMailbox } from '../../src/mail/address.ts'

test.each([
  ['Anna@Customer.example', 'Anna@Customer.example'],
  ["o'neil+tag@customer.example", "o'neil+tag@customer.example"],
  ['käthe@müller.example', 'käthe@xn--mller-kva.example'],
  ['root@localhost', 'root@localhost'],
  ['a@b.example, c@d.example', undefined],
  ['a@b.example\r\nRCPT TO:<c@d.example>', undefined],
  ['"a b"@c.example', undefined],
  ['a@[127.0.0.1]', undefined],
  ['a@b@c.example', undefined],
  ['a%b@c.example', undefined],
  ['b!a@c.example', undefined],
  ['.a@b.example', undefined],
  ['a@b..example', undefined],
  ['a@-b.example', undefined],
  ['@b.example', undefined],
  ['a@', undefined],
  [`${'a'.repeat(65)}@b.example`, undefined],
  [`a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}`, undefined],
])('a notice for %j would go to %j', (address, to) => {
  expect(mailable(address)).toBe(to)
})

test.each([
  ['Support <support@example.com>', { name: 'Support', address: 'support@example.com' }],
  ['"Support, 2nd \\"line\\"" <support@example.com>', { name: 'Support, 2nd "line"', address: 'support@example.com' }],
  ['Support, 2nd line <support@example.com>', { name: 'Support, 2nd line', address: 'support@example.com' }],
  [' support@example.com ', { name: '', address: 'support@example.com' }],
  ['<support@example.com>', { name: '', address: 'support@example.com' }],
  ['Support', undefined],
  ['Support <support>', undefined],
  ['a@b.example, c@d.example', undefined],
  ['A <a@b.example>, C <c@d.example>', undefined],
  ['A\r\nBcc: c@d.example <a@b.example>', undefined],
])('%j in the configuration is %j', (text, mailbox) => {
  expect(parseMailbox(text)).toEqual(mailbox)
})
