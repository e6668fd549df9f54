import { expect, test } from 'vitest'
import { machineOf, mayWrite, silenceOf } from '../../src/mail/sender.ts'
import { headerOf } from '../support/header.ts'

const own = ['support@example.com', 'Helpdesk@bücher.example']

const anna = 'From: Anna Person <anna@customer.example>'
const i161 = 'Subject: I161026_000005 the printer'

test.each([
  ['a plain mail', [anna, i161]],
  [
    'a mail from Outlook',
    [anna, i161, 'X-MS-Has-Attach: yes', 'Return-Path: <anna@customer.example>', 'Precedence: normal'],
  ],
  ['a mail that says nobody automated it', [anna, 'Auto-Submitted: no']],
  ['a mail that says so with a remark', [anna, 'Auto-Submitted: (really) No']],
  ['a subject of somebody who asks about automatic replies', [anna, 'Subject: Automatic reply does not work']],
  [
    'an answer to an automatic reply',
    [anna, 'Subject: RE: Automatic reply: your mail', 'In-Reply-To: <1@example.com>'],
  ],
  ['an answer to a notice of ours', [anna, 'In-Reply-To: <mailclip.0123456789abcdef0123456789abcdef@example.com>']],
  ['a subject that speaks of undelivered mail', [anna, 'Subject: Undeliverable: what does this mean?']],
  ['a person with a name like a machine', ['From: Norbert Noreply <n.replyson@customer.example>', i161]],
  ['a person called Bouncer', ['From: bouncer@customer.example', i161]],
  ['a person called Root', ['From: r.root@customer.example', i161]],
  ['a mail through a sender of large numbers', [anna, 'Return-Path: <0102018f-aaaa@eu-west-1.amazonses.com>']],
  ['a mail that suppresses read receipts only', [anna, 'X-Auto-Response-Suppress: RN, NRN, DR']],
  ['a mail with an explicit no', [anna, 'X-Autoreply: no', 'X-Auto-Response-Suppress: None']],
  ['a mail that was not marked as spam', [anna, 'X-Spam-Flag: NO']],
  ['a mail from a domain with umlauts', ['From: käthe@müller.example', i161]],
])('%s is answered', (_, lines) => {
  const header = headerOf(lines)
  expect(machineOf(header, own)).toBeUndefined()
  expect(silenceOf(header, own)).toBeUndefined()
})

const daemon = 'From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>'

test.each([
  ['a bounce', [daemon, 'Content-Type: multipart/report; report-type=delivery-status; boundary=x', 'Return-Path: <>']],
  ['a bounce from before RFC 3464', [daemon, 'Subject: failure notice']],
  ['a bounce without a domain', ['From: MAILER-DAEMON (Mail Delivery Subsystem)', 'Subject: Returned mail']],
  ['a bounce of Exchange', ['From: postmaster@customer.example', 'Subject: Undeliverable: files', 'Return-Path: <>']],
  ['a bounce of Exim', ['From: mail@mx.example', 'X-Failed-Recipients: support@example.com']],
  [
    'a read receipt',
    [anna, 'Subject: Read: files', 'Content-Type: multipart/report; report-type="disposition-notification"'],
  ],
  ['an abuse report', ['From: fbl@isp.example', 'Content-Type: multipart/report; report-type=feedback-report']],
  ['a delivery status alone', [daemon, 'Content-Type: Message/Delivery-Status']],
  [
    'a DMARC report',
    ['From: a@google.example', 'Subject: Report domain: example.com Submitter: google.example Report-ID: 17'],
  ],
  [
    'a notice of ours, by its field',
    ['From: support@example.com', 'X-Mailclip-Loop: yes', 'Auto-Submitted: auto-replied'],
  ],
  [
    'a notice of ours, by its Message-ID',
    [anna, 'Message-ID: <mailclip.0123456789abcdef0123456789abcdef@example.com>'],
  ],
])('%s is a report, and never answered', (_, lines) => {
  const header = headerOf(lines)
  expect(machineOf(header, own)?.kind).toBe('report')
  expect(silenceOf(header, own)).toBeDefined()
})

test.each([
  [
    'an out-of-office reply of Exchange',
    [anna, 'Subject: Automatic reply: x', 'Auto-Submitted: auto-generated', 'X-Auto-Response-Suppress: All'],
  ],
  ['a vacation reply (RFC 3834)', [anna, 'Auto-Submitted: auto-replied (vacation)']],
  ['a notification (RFC 5436)', [anna, 'Auto-Submitted: auto-notified; owner-email="a@b.example"']],
  ['a mail with a no and a yes', [anna, 'Auto-Submitted: no', 'Auto-Submitted: auto-replied']],
  ['a scanner that sends with an empty return path', ['From: scanner@customer.example', 'Return-Path: <>']],
  ['a bulk mail', [anna, 'Precedence: bulk']],
  ['a junk mail', [anna, 'Precedence: JUNK']],
  ['a mail over a list', [anna, 'List-Id: <users.lists.example>', 'Precedence: list']],
  ['a newsletter', ['From: news@shop.example', 'List-Unsubscribe: <https://shop.example/u>']],
  ['a mail over an old list', [anna, 'Mailing-List: contact users-help@lists.example']],
  ['a reply of an old program', [anna, 'X-Autoreply: yes']],
  ['a reply of another old program', [anna, 'X-Autorespond: Re: files']],
  ['a reply by its mailer', [anna, 'X-Mailer: vacation 1.2.7']],
  ['a reply by subject and thread', [anna, 'Subject: Réponse automatique : fichiers', 'In-Reply-To: <1@example.com>']],
  ['a reply by subject and what it suppresses', [anna, 'Subject: Abwesenheitsnotiz', 'X-Auto-Response-Suppress: OOF']],
  ['a mail that has been here', [anna, 'X-Loop: support@example.com']],
])('%s is automatic, and never answered', (_, lines) => {
  const header = headerOf(lines)
  expect(machineOf(header, own)?.kind).toBe('automatic')
  expect(silenceOf(header, own)).toBeDefined()
})

test.each([
  ['a mail without From', [i161]],
  ['a mail from nobody in particular', ['From: undisclosed', i161]],
  ['a quoted address', ['From: "a@evil x"@corp.example']],
  ['an address with a route', ['From: boss%corp.example@relay.example']],
  ['two From fields', [anna, 'From: eve@evil.example']],
  ['our own mailbox', ['From: Support <SUPPORT@example.com>']],
  ['a sub-address of our own', ['From: support+tickets@example.com']],
  ['our own mailbox, its domain in ASCII', ['From: helpdesk@xn--bcher-kva.example']],
  ['noreply', ['From: noreply@shop.example']],
  ['no-reply with a tag', ['From: invoice-no-reply+17@shop.example']],
  ['do_not_reply', ['From: do_not_reply@shop.example']],
  ['ne-pas-repondre', ['From: ne-pas-repondre@sncf.example']],
  ['nichtantworten', ['From: bitte-nicht-antworten@bahn.example']],
  ['the postmaster', ['From: postmaster@customer.example', 'Subject: the rules of our server']],
  ['the owner of a list', ['From: owner-users@lists.example']],
  ['the robot of a list', ['From: users-request@lists.example']],
  ['the bounces of a list', [anna, 'Sender: Users <users-bounces@lists.example>']],
  [
    'the bounces of a list, by the return path',
    [anna, 'Return-Path: <users-bounces+anna=customer.example@lists.example>'],
  ],
  ['a program', ['From: cron@server.example']],
  ['who wants no automatic response', [anna, 'X-Auto-Response-Suppress: DR, OOF, AutoReply']],
  ['who wants no response at all', [anna, 'X-Auto-Response-Suppress: All']],
  ['what a rule of Exchange passed on', [anna, 'X-MS-Exchange-Inbox-Rules-Loop: support@example.com']],
  ['what went round elsewhere', [anna, 'X-Loop: other@example.org']],
  ['another ticket system (RT)', [anna, 'X-RT-Loop-Prevention: example.org']],
  ['another ticket system (Jira)', [anna, 'X-JIRA-FingerPrint: 0123']],
  ['another ticket system (Zammad)', [anna, 'X-Mailer: Zammad Mail Service']],
  ['a campaign', [anna, 'Feedback-ID: 1:2:3:mailer']],
  ['what was marked as spam', [anna, 'X-Spam-Flag: YES']],
  ['an answer to an invitation', [anna, 'Content-Type: text/calendar; method=REPLY']],
])('%s gets no answer, but is no machine by that', (_, lines) => {
  const header = headerOf(lines)
  expect(machineOf(header, own)).toBeUndefined()
  expect(silenceOf(header, own)).toBeDefined()
})

test('the reasons quote no text of the sender', () => {
  const header = headerOf([anna, 'Auto-Submitted: auto-replied; owner-email="anna@customer.example"'])
  expect(machineOf(header, own)?.why).toBe('Auto-Submitted: auto-replied')
})

test('a field of a hundred thousand brackets is read at once', () => {
  const header = headerOf([anna, `Auto-Submitted: ${'()'.repeat(50_000)}(`, `Sender: ${'<'.repeat(100_000)}`])
  const began = performance.now()
  silenceOf(header, own)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test.each([
  ['anybody', 'anna@customer.example', ['*'], true],
  ['anybody, even without an address', undefined, ['*'], true],
  ['nobody when the list is empty', 'anna@customer.example', [], false],
  ['an address in another case', 'Anna@Customer.EXAMPLE', ['anna@customer.example'], true],
  ['another address of the same domain', 'otto@customer.example', ['anna@customer.example'], false],
  ['anybody of a domain', 'anna@customer.example', ['*@Customer.example'], true],
  ['nobody of a domain below it', 'anna@mail.customer.example', ['*@customer.example'], false],
  ['nobody of a domain that ends alike', 'anna@notcustomer.example', ['*@customer.example'], false],
  ['a domain with umlauts, written in ASCII', 'anna@xn--bcher-kva.example', ['*@bücher.example'], true],
  ['a domain in ASCII, written with umlauts', 'anna@BÜCHER.example', ['*@xn--bcher-kva.example'], true],
  ['nobody without an address', undefined, ['*@customer.example'], false],
  ['nobody whose local part holds the domain', 'a@customer.example@evil.example', ['*@customer.example'], false],
])('senders.allow admits %s', (_, from, allow, admitted) => {
  expect(mayWrite(from, allow)).toBe(admitted)
})
