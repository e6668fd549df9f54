/** Samples from people at a desk: Outlook, Thunderbird, webmail. */
import { pdf, winmail, xlsx } from './documents.ts'
import { type Entity, leaf, multipart } from './mime.ts'
import { errorWindow, logo, png } from './pictures.ts'
import { fileOf, mailOf, type Sample, type Sender, ticketOf } from './sample.ts'

const OUTLOOK: Sender = { name: 'Berta Brandt', address: 'berta.brandt@example.org', program: 'Microsoft Outlook 16.0' }
const THUNDERBIRD: Sender = { name: 'Jörg Müller', address: 'joerg.mueller@example.org', program: 'Thunderbird 140' }
const WEBMAIL: Sender = { name: 'Carla Conti', address: 'carla@example.net', program: 'Roundcube Webmail/1.6' }
const FRANCE: Sender = {
  name: 'Élodie Lefèvre',
  address: 'elodie.lefevre@example.fr',
  program: 'Microsoft Outlook 16.0',
}
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

export const officeSamples = (): readonly Sample[] => [
  outlookScreenshot(),
  forwarded(),
  accents(),
  winmailDat(),
  severalFiles(),
  htmlOnly(),
  french(),
  twoNumbers(),
]

function outlookScreenshot(): Sample {
  const [shot, sign] = [png(1200, 700, errorWindow), png(120, 40, logo)]
  const text = 'It happens again, see below.\n\n[cid:image001.png@01DD5A00.11AA22B0]\n\nBerta Brandt\nExample GmbH\n'
  const html = `<html><body><p>It happens again, see below.</p><p><img width="1200" src="cid:image001.png@01DD5A00.11AA22B0"></p>
<p>Berta Brandt<br>Example GmbH<br><img src="cid:image002.png@01DD5A00.11AA22B0"></p>
<div style="border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Support &lt;support@example.com&gt;<br><b>Sent:</b> Thursday, November 19, 2026 4:12 PM<br>
<b>Subject:</b> ${ticketOf(1)} Printing fails</p></div><p>Could you send us a picture of the error?</p></body></html>`
  const image = (name: string, content: Buffer): Entity =>
    leaf('image/png', content, { name, disposition: 'inline', contentId: `${name}@01DD5A00.11AA22B0` })
  const body = multipart('related', [
    multipart('alternative', [leaf('text/plain', text), leaf('text/html', html)]),
    image('image001.png', shot),
    image('image002.png', sign),
  ])
  const answered = '<question-1@example.com>'
  return {
    name: 'outlook-screenshot',
    about: 'A reply from Outlook with a pasted screenshot; the logo of the signature stays behind.',
    raw: () =>
      mailOf(1, OUTLOOK, `RE: ${ticketOf(1)} Printing fails`, body, [
        ['In-Reply-To', answered],
        ['References', answered],
      ]),
    expect: {
      outcome: 'delivered',
      code: 'delivered',
      ticket: ticketOf(1),
      files: [fileOf('image001.png', shot), fileOf('image002.png', sign, 'skipped')],
    },
  }
}

function forwarded(): Sample {
  const invoice = pdf(['Invoice 4711', 'Total: 1,234.00 EUR'])
  const inner = mailOf(
    90,
    { name: 'Supplier', address: 'billing@example.edu', program: 'ERP 9' },
    'Invoice 4711',
    multipart('mixed', [
      leaf('text/plain', 'Please find our invoice attached.\n'),
      leaf('application/pdf', invoice, { name: 'invoice-4711.pdf', disposition: 'attachment' }),
    ]),
  )
  const name = 'Invoice 4711.eml'
  const body = multipart('mixed', [
    leaf('text/plain; charset=UTF-8; format=flowed', 'The supplier sent this. The amount is wrong.\n'),
    leaf('message/rfc822', inner, { name, disposition: 'attachment', encoding: '7bit' }),
  ])
  return {
    name: 'forwarded-mail',
    about: 'A mail forwarded as an attachment, with a PDF of its own: it arrives whole, as .eml.',
    raw: () => mailOf(2, THUNDERBIRD, `Fwd: ${ticketOf(2)} wrong invoice`, body),
    expect: { outcome: 'delivered', code: 'delivered', ticket: ticketOf(2), files: [fileOf(name, inner)] },
  }
}

function accents(): Sample {
  const [overview, shot] = [pdf(['Overview']), png(640, 400, errorWindow)]
  const names = ['Übersicht Geräte – Büro 3. Stock.pdf', 'Capture d’écran à 09.30.png'] as const
  const body = multipart('mixed', [
    leaf('text/plain', 'Anbei die Übersicht und ein Bild.\n\nGrüße\nJörg\n'),
    leaf('application/pdf', overview, { name: names[0], disposition: 'attachment', nameAs: 'rfc2231' }),
    leaf('image/png', shot, { name: names[1], disposition: 'attachment', nameAs: 'rfc2047' }),
  ])
  return {
    name: 'accents',
    about: 'File names with accents, one written as RFC 2231 asks, one as many programs do.',
    raw: () => mailOf(3, THUNDERBIRD, `Störung im Büro (${ticketOf(3)})`, body),
    expect: {
      outcome: 'delivered',
      code: 'delivered',
      ticket: ticketOf(3),
      files: [fileOf(names[0], overview), fileOf(names[1], shot)],
    },
  }
}

function winmailDat(): Sample {
  const list = xlsx([
    ['Device', 'Room'],
    ['P-17', '3.04'],
  ])
  const name = 'Device list 2026.xlsx'
  const body = multipart('mixed', [
    leaf('text/plain', 'The list you asked for.\n'),
    leaf('application/ms-tnef', winmail(name, list), { name: 'winmail.dat', disposition: 'attachment' }),
  ])
  return {
    name: 'winmail',
    about: 'Outlook has packed the attachment into winmail.dat: the workbook inside is what arrives.',
    raw: () => mailOf(4, OUTLOOK, `${ticketOf(4)} device list`, body),
    expect: { outcome: 'delivered', code: 'delivered', ticket: ticketOf(4), files: [fileOf(name, list)] },
  }
}

function severalFiles(): Sample {
  const offer = pdf(['Offer'])
  const sheet = xlsx([['Month', 'Cost']])
  const csv = Buffer.from('device;room\r\nP-17;3.04\r\nP-18;3.05 (Küche)\r\n')
  const body = multipart('mixed', [
    leaf('text/plain', 'Three files, as agreed.\n'),
    leaf('application/pdf', offer, { name: 'offer.pdf', disposition: 'attachment' }),
    leaf(XLSX, sheet, { name: 'costs.xlsx', disposition: 'attachment' }),
    leaf('text/csv; charset=utf-8', csv, { name: 'devices.csv', encoding: 'quoted-printable' }),
  ])
  return {
    name: 'several-files',
    about: 'Three files, the last one a CSV without a disposition, which easily passes for text.',
    raw: () => mailOf(5, WEBMAIL, `[${ticketOf(5)}] documents`, body),
    expect: {
      outcome: 'delivered',
      code: 'delivered',
      ticket: ticketOf(5),
      files: [fileOf('offer.pdf', offer), fileOf('costs.xlsx', sheet), fileOf('devices.csv', csv)],
    },
  }
}

function htmlOnly(): Sample {
  const contract = pdf(['Contract'])
  const html =
    '<html><body><h2>Contract</h2><p>Dear all,</p><p>the <b>signed</b> contract is attached.</p><ul><li>page 1: signed</li><li>page 2: initialled</li></ul></body></html>'
  const body = multipart('mixed', [
    leaf('text/html', html),
    leaf('application/pdf', contract, { name: 'contract signed.pdf', disposition: 'attachment' }),
  ])
  return {
    name: 'html-only',
    about: 'A mail in HTML alone; its text becomes the description.',
    raw: () => mailOf(6, WEBMAIL, `Contract for ${ticketOf(6)}`, body),
    expect: {
      outcome: 'delivered',
      code: 'delivered',
      ticket: ticketOf(6),
      files: [fileOf('contract signed.pdf', contract)],
    },
  }
}

function french(): Sample {
  const journal = Buffer.from('09:12:01 démarrage\r\n09:12:07 erreur 0x80070005 : accès refusé\r\n')
  const text = `Bonjour,

Voici le journal demandé. L’erreur se produit à chaque démarrage.

Cordialement,
Élodie Lefèvre

De : Support <support@example.com>
Envoyé : jeudi 19 novembre 2026 16:12
À : Élodie Lefèvre <elodie.lefevre@example.fr>
Objet : ${ticketOf(7)} Application bloquée

Pourriez-vous nous envoyer le journal de l’application ?
`
  const body = multipart('mixed', [
    leaf('text/plain', text),
    leaf('text/plain; charset=utf-8', journal, { name: 'journal démarrage.txt', disposition: 'attachment' }),
  ])
  return {
    name: 'french',
    about: 'A French reply with what it answers quoted below: the description ends before the quotation.',
    raw: () =>
      mailOf(7, FRANCE, `RE: ${ticketOf(7)} Application bloquée`, body, [['In-Reply-To', '<question-7@example.com>']]),
    expect: {
      outcome: 'delivered',
      code: 'delivered',
      ticket: ticketOf(7),
      files: [fileOf('journal démarrage.txt', journal)],
    },
  }
}

function twoNumbers(): Sample {
  const note = pdf(['Meeting note'])
  const body = multipart('mixed', [
    leaf('text/plain', 'One note for both.\n'),
    leaf('application/pdf', note, { name: 'note.pdf', disposition: 'attachment' }),
  ])
  return {
    name: 'two-numbers',
    about: 'The subject names two tickets: the file goes to the first, and the trace says so.',
    raw: () => mailOf(8, WEBMAIL, `${ticketOf(8)} and ${ticketOf(9)}: meeting note`, body),
    expect: { outcome: 'delivered', code: 'delivered', ticket: ticketOf(8), files: [fileOf('note.pdf', note)] },
  }
}
