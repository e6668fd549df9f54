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
    'a DMARC report with the tags of a gateway and of Microsoft',
    ['From: a@x.example', 'Subject: [External] [Preview] Report Domain: b.example Submitter: x.example Report-ID: 17'],
  ],
  [
    'a TLS report without its fields',
    ['From: a@x.example', 'Subject: Report Domain: b.example Submitter: x.example Report-ID: <17@x.example>'],
  ],
  ['a bounce of QQ without a return path', ['From: PostMaster <postmaster@qq.example>', 'Subject: 系统退信: files']],
  [
    'a bounce of Exchange on its own premises',
    [
      'From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.example>',
      'Subject: Ikke levert: x',
    ],
  ],
  ['a bounce with a tag before its subject', [anna, 'Return-Path: <>', 'Subject: [EXT] {Spam?} Unzustellbar: x']],
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

/** How mail systems begin the subject of a bounce, and how a person who writes of one does. */
const BOUNCES: readonly (readonly [language: string, subject: string, prose: string])[] = [
  ['English', 'Undeliverable: I161026_000005 files', 'Undeliverable mail fills my inbox'],
  ['English, Postfix', 'Undelivered Mail Returned to Sender', 'What is Undelivered Mail Returned to Sender'],
  ['English, Exim', 'Mail delivery failed: returning message to sender', 'Mail delivery failed again today'],
  ['English, Gmail', 'Delivery Status Notification (Failure)', 'Delivery status notification wanted for each parcel'],
  ['French', 'Non remis : I161026_000005 fichiers', 'Non remis en état depuis lundi'],
  ['French, of long ago', 'Non_remis : fichiers', 'Le badge non remis : que faire'],
  ['German', 'Unzustellbar: Dateien', 'Unzustellbare Mails im Postausgang'],
  [
    'German, Exchange',
    'Benachrichtigung zum Übermittlungsstatus (Fehlgeschlagen)',
    'Warum ist sie unzustellbar: Frage',
  ],
  ['Dutch', 'Onbestelbaar: bestanden', 'Mijn pakket is onbestelbaar: graag hulp'],
  ['Spanish', 'No se puede entregar: archivos', 'No se puede entregar el pedido'],
  ['Italian', 'Non recapitabile: documenti', 'La posta è non recapitabile: aiuto'],
  ['Italian, Outlook', 'Impossibile recapitare: documenti', 'Impossibile recapitare il toner'],
  ['Portuguese', 'Não é possível entregar: ficheiros', 'Não é possível entregar a impressora'],
  ['Swedish', 'Går inte att leverera: filer', 'Går inte att leverera skrivaren i dag'],
  ['Swedish, Exchange', 'Olevererbart: filer', 'Varför är det olevererat: fråga'],
  ['Swedish, Outlook', 'Olevererat: filer', 'Olevererat gods i lagret'],
  ['Danish', 'Kan ikke leveres: filer', 'Kan ikke leveres før fredag'],
  ['Norwegian', 'Ulevert: filer', 'Ulevert pakke til kontoret'],
  ['Finnish', 'Ei voi toimittaa: tiedostot', 'Ei voi toimittaa ennen perjantaita'],
  ['Icelandic', 'Ekki hægt að afhenda: skrár', 'Ekki hægt að afhenda fyrr en á morgun'],
  ['Polish', 'Niedostarczalne: pliki', 'Niedostarczalne przesyłki w magazynie'],
  ['Polish, a return', 'Zwrot wiadomości: pliki', 'Zwrot: faktura 17'],
  ['Czech', 'Nedoručitelné: soubory', 'Nedoručitelné zásilky na recepci'],
  ['Slovak', 'Nedoručiteľné: súbory', 'Prečo je to nedoručiteľné: otázka'],
  ['Hungarian', 'Kézbesíthetetlen: fájlok', 'Kézbesíthetetlen csomag a portán'],
  ['Romanian', 'Nelivrabil: fișiere', 'De ce este nelivrabil: întrebare'],
  ['Turkish', 'Teslim edilemedi: dosyalar', 'Teslim edilemedi denen paket nerede'],
  ['Greek', 'Δεν είναι δυνατή η παράδοση: αρχεία', 'Δεν είναι δυνατή η παράδοση του εκτυπωτή'],
  ['Russian', 'Не удается доставить: файлы', 'Не удается доставить принтер'],
  ['Russian, Mail.ru', 'Недоставленное сообщение', 'Недоставленное сообщение лежит у меня'],
  ['Ukrainian', 'Не вдалося доставити: файли', 'Не вдалося доставити принтер'],
  ['Bulgarian', 'Не може да се достави: файлове', 'Не може да се достави днес'],
  ['Croatian', 'Nije moguće isporučiti: datoteke', 'Nije moguće isporučiti pisač'],
  ['Slovenian', 'Ni mogoče dostaviti: datoteke', 'Ni mogoče dostaviti tiskalnika'],
  ['Chinese, QQ', '系统退信', '我收到系统退信: 怎么办'],
  ['Chinese, QQ, of a domain', '来自qq.com的退信', '请看来自qq.com的退信'],
  ['Chinese, short', '退信: 文件', '退信问题很多'],
  ['Chinese, Outlook', '未送达: 文件', '未送达的包裹'],
  ['Chinese, cannot be delivered', '无法送达：文件', '无法送达打印机'],
  ['Chinese, traditional', '無法傳遞: 檔案', '無法傳遞列印工作'],
  ['Japanese', '配信不能: ファイル', '配信不能の原因を知りたい'],
  ['Korean', '배달되지 않음: 파일', '배달되지 않음 문제 문의'],
  ['Hebrew', 'לא ניתן למסור: קבצים', 'לא ניתן למסור את המדפסת'],
  ['Arabic', 'تعذر التسليم: ملفات', 'تعذر التسليم اليوم'],
]

/** The same of absences; where a person's sentence begins with the very words, it goes on behind them. */
const ABSENCES: readonly (readonly [language: string, subject: string, prose: string])[] = [
  ['English', 'Automatic reply: [I161026_000005] your files', 'Automatic reply is not sent'],
  ['English, Outlook of long ago', 'Out of Office AutoReply: files', 'Out of office cannot be set'],
  ['English, in one word', 'Absence: your files', 'Absence management shows an error'],
  ['English, until a day', 'Out of office until Monday 9 November', 'Out of office until the VPN works'],
  ['English, Notes', 'AUTO: Muster, Anna is out of the office (returning 05/03/2026)', 'AUTO: the new company car'],
  ['German, Notes', 'AUTO: Anna Muster ist außer Haus (Rückkehr am 05.03.2026)', 'Auto: Schaden am Firmenwagen'],
  ['French', 'Réponse automatique : fichiers', 'Réponse automatique impossible à activer'],
  ['French, in one word', 'Absence : fichiers', 'Absence de réseau au deuxième étage'],
  ['German', 'Automatische Antwort: Dateien', 'Automatische Antwort geht nicht aus'],
  ['German, in one word', 'Abwesenheit', 'Abwesenheit lässt sich nicht einrichten'],
  ['German, away', 'Abwesend: Dateien', 'Abwesend angezeigt, obwohl ich da bin'],
  ['German, a note', 'Abwesenheitsnotiz', 'Die Abwesenheitsnotiz: wo stelle ich sie ein'],
  ['Dutch', 'Automatisch antwoord: bestanden', 'Automatisch antwoord werkt niet'],
  ['Dutch, in one word', 'Afwezigheid: bestanden', 'Afwezigheid registreren lukt niet'],
  ['Spanish', 'Respuesta automática: archivos', 'La respuesta automática: no funciona'],
  ['Spanish, in one word', 'Ausente', 'Ausente en la lista de usuarios'],
  ['Italian', 'Risposta automatica: documenti', 'Risposta automatica da disattivare'],
  ['Italian, in two words', 'Fuori ufficio', 'Fuori ufficio non funziona'],
  ['Portuguese', 'Resposta automática: ficheiros', 'Resposta automática não funciona'],
  ['Swedish', 'Automatiskt svar: filer', 'Automatiskt svar går inte att ställa in'],
  ['Danish', 'Automatisk svar: filer', 'Automatisk svar virker ikke'],
  ['Norwegian', 'Fraværsmelding: filer', 'Fraværsmelding kan ikke stilles inn'],
  ['Finnish', 'Automaattinen vastaus: tiedostot', 'Automaattinen vastaus ei toimi'],
  ['Polish', 'Odpowiedź automatyczna: pliki', 'Odpowiedź automatyczna nie działa'],
  ['Czech', 'Automatická odpověď: soubory', 'Automatická odpověď nefunguje'],
  ['Slovak', 'Automatická odpoveď: súbory', 'Automatická odpoveď nefunguje'],
  ['Hungarian', 'Automatikus válasz: fájlok', 'Automatikus válasz nem működik'],
  ['Romanian', 'Răspuns automat: fișiere', 'Răspuns automat nu merge'],
  ['Turkish', 'Otomatik yanıt: dosyalar', 'Otomatik yanıt çalışmıyor'],
  ['Greek', 'Αυτόματη απάντηση: αρχεία', 'Αυτόματη απάντηση δεν λειτουργεί'],
  ['Russian', 'Автоматический ответ: файлы', 'Автоматический ответ не работает'],
  ['Ukrainian', 'Автоматична відповідь: файли', 'Автоматична відповідь не працює'],
  ['Chinese', '自动回复: 文件', '自动回复无法设置'],
  ['Japanese', '自動応答: ファイル', '自動応答が届きません'],
  ['Korean', '자동 회신: 파일', '자동 회신 설정 문의'],
  ['Hebrew', 'תשובה אוטומטית: קבצים', 'תשובה אוטומטית לא פועלת'],
]

const silence = (...lines: readonly string[]) => silenceOf(headerOf([anna, ...lines]), own)

test.each([...BOUNCES, ...ABSENCES])('%s: “%s” is not answered, and is no machine by that alone', (_, subject) => {
  expect(machineOf(headerOf([anna, `Subject: ${subject}`]), own)).toBeUndefined()
  expect(silence(`Subject: ${subject}`)).toMatch(/^its subject is that of /)
  expect(silence(`Subject: [External] ${subject.normalize('NFD')}`)).toMatch(/^its subject is that of /)
})

test.each(BOUNCES)('%s: “%s” from a mail system is a report', (_, subject) => {
  const senders = [['Return-Path: <>', anna], ['From: Postmaster <postmaster@customer.example>']]
  for (const lines of senders)
    expect(machineOf(headerOf([...lines, `Subject: ${subject}`]), own)?.kind, lines[0]).toBe('report')
})

test.each([...BOUNCES, ...ABSENCES])(
  '%s: a person who answers “%s” or writes “%s” is answered',
  (_, subject, prose) => {
    expect(silence(`Subject: Re: ${subject}`)).toBeUndefined()
    expect(silence(`Subject: AW: ${subject}`, 'In-Reply-To: <1@example.com>')).toBeUndefined()
    expect(silence(`Subject: ${prose}`)).toBeUndefined()
  },
)

test.each([
  ['[AUTO GENERATED] Nightly report', true],
  ['[External] [Automatically generated message] Nightly report', true],
  ['*** AUTOMATED MESSAGE *** Nightly report', true],
  ['Rapport de nuit [généré automatiquement]', true],
  ['[Automatisch generierte Nachricht] Bericht', true],
  ['The auto generated report is empty', false],
  ['Re: [AUTO GENERATED] Nightly report', false],
  ['The list [automated report] is empty', false],
  ['[Automation] The robot stands still', false],
])('a subject that says that a program wrote it is not answered: “%s” %s', (subject, silent) => {
  expect(silence(`Subject: ${subject}`) !== undefined).toBe(silent)
})

test.each([
  ['by its method', ['Content-Type: text/calendar; charset=utf-8; method="COUNTER"']],
  ['by the sender of Google', ['Sender: Google Calendar <calendar-notification@google.com>']],
  ['by the return path of Google', ['Return-Path: <3abc@calendar-server.bounces.google.com>']],
])('an answer to an invitation is not answered, %s', (_, lines) => {
  expect(silence('Subject: Accepted: visit', ...lines)).toBeDefined()
})

test('a person who writes “Accepted:” is answered', () => {
  expect(silence('Subject: Accepted: the offer of Monday')).toBeUndefined()
})

test.each([
  ['tags', '[a] '.repeat(250_000)],
  ['open brackets', '['.repeat(1_000_000)],
  ['stars', '*'.repeat(1_000_000)],
  ['colons', `auto:${' out of the'.repeat(100_000)}`],
  ['words of a report', `report domain:${' submitter:'.repeat(100_000)}`],
  ['blanks', `Automatic reply${' '.repeat(1_000_000)}x`],
  ['Chinese', `来自${'的退'.repeat(500_000)}`],
  ['days', `Out of office until${' a'.repeat(500_000)}`],
])('a subject of a megabyte of %s is read in linear time', (_, subject) => {
  const header = { ...headerOf([anna]), subject }
  expect([machineOf(header, own), silenceOf(header, own)]).toEqual([undefined, undefined])
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
