/** Samples from telephones and machines, and those that cannot be delivered. */
import { pdf } from './documents.ts'
import { type Entity, leaf, multipart } from './mime.ts'
import { jpeg } from './pictures.ts'
import { fileOf, mailOf, SAMPLE_LIMIT, type Sample, type Sender, ticketOf } from './sample.ts'

const IPHONE: Sender = { name: 'Dan', address: 'dan@example.net', program: 'iPhone Mail (23B85)' }
const SCANNER: Sender = { name: 'Scanner 3rd floor', address: 'scanner3@example.com', program: 'ScanStation 5.2' }
const WEBMAIL: Sender = { name: 'Carla Conti', address: 'carla@example.net', program: 'Roundcube Webmail/1.6' }
const OUTLOOK: Sender = { name: 'Berta Brandt', address: 'berta.brandt@example.org', program: 'Microsoft Outlook 16.0' }

/** A number of the right form that no desk here knows. */
export const UNKNOWN_TICKET = 'I991231_999999'

export const otherSamples = (): readonly Sample[] => [
  phonePhoto(),
  scanner(),
  outOfOffice(),
  noNumber(),
  unknownTicket(),
  forgotten(),
  tooLarge(),
]

function phonePhoto(): Sample {
  const photo = jpeg(1024, 768, (x, y) => 60 + 1.2 * y + 70 * Math.sin(x / 9) * Math.cos(y / 7))
  const body = multipart('mixed', [
    leaf('text/plain', 'The printer shows this\n\n', { encoding: '7bit' }),
    leaf('image/jpeg', photo, { name: 'IMG_0421.jpeg', disposition: 'inline' }),
    leaf('text/plain', '\n\nSent from my iPhone\n', { encoding: '7bit' }),
  ])
  return {
    name: 'phone-photo',
    about: 'A photo from a telephone, shown between two pieces of text and not "attached" at all.',
    raw: () => mailOf(21, IPHONE, `Re: ${ticketOf(21).toLowerCase()}`, body),
    expect: { outcome: 'delivered', code: 'delivered', ticket: ticketOf(21), files: [fileOf('IMG_0421.jpeg', photo)] },
  }
}

function scanner(): Sample {
  const scan = pdf(['Scanned page 1'])
  const body = multipart('mixed', [
    leaf('text/plain', 'This mail was sent by a device. Do not answer.\n', { encoding: '7bit' }),
    leaf('application/pdf', scan, { name: 'SCAN0042.PDF', disposition: 'attachment' }),
  ])
  return {
    name: 'scanner',
    about: 'A scanner that names a ticket: a machine, and delivered all the same; it would never be answered.',
    raw: () => mailOf(22, SCANNER, `Scan ${ticketOf(22)}`, body, [['Auto-Submitted', 'auto-generated']]),
    expect: { outcome: 'delivered', code: 'delivered', ticket: ticketOf(22), files: [fileOf('SCAN0042.PDF', scan)] },
  }
}

function outOfOffice(): Sample {
  const body = leaf('text/plain', 'I am out of the office until Monday.\n')
  const subject = `Automatic reply: ${ticketOf(1)} Printing fails`
  return {
    name: 'out-of-office',
    about: 'An absence note that answers a ticket: nothing to deliver, nobody to tell.',
    raw: () =>
      mailOf(23, OUTLOOK, subject, body, [
        ['Auto-Submitted', 'auto-replied'],
        ['X-Auto-Response-Suppress', 'All'],
      ]),
    expect: { outcome: 'discarded', code: 'machine', ticket: ticketOf(1), files: [] },
  }
}

function noNumber(): Sample {
  const photo = jpeg(320, 240, x => x * 6)
  return {
    name: 'no-number',
    about: 'Somebody forgot the ticket number: the sender is told what to do.',
    raw: () => mailOf(24, WEBMAIL, 'It does not work!!!', withFile('broken.jpg', 'image/jpeg', photo)),
    expect: {
      outcome: 'bounced',
      code: 'no-ticket',
      ticket: undefined,
      files: [fileOf('broken.jpg', photo, 'unsent')],
    },
  }
}

function unknownTicket(): Sample {
  const list = pdf(['List'])
  return {
    name: 'unknown-ticket',
    about: 'A number that looks right but that the desk does not know.',
    raw: () => mailOf(25, OUTLOOK, `Files for ${UNKNOWN_TICKET}`, withFile('list.pdf', 'application/pdf', list)),
    expect: {
      outcome: 'bounced',
      code: 'unknown-ticket',
      ticket: UNKNOWN_TICKET,
      files: [fileOf('list.pdf', list, 'unsent')],
    },
  }
}

function forgotten(): Sample {
  return {
    name: 'forgotten-attachment',
    about: '"See attachment", and there is none.',
    raw: () => mailOf(26, WEBMAIL, `Log file, ${ticketOf(26)}`, leaf('text/plain', 'Please see the attached log.\n')),
    expect: { outcome: 'bounced', code: 'nothing-attached', ticket: ticketOf(26), files: [] },
  }
}

function tooLarge(): Sample {
  // A film of a million identical frames: its size is all that matters.
  const frame = Buffer.from('000000186674797069736f6d0000020069736f6d6d703431', 'hex')
  const film = Buffer.concat([frame, Buffer.alloc(SAMPLE_LIMIT + 1_000_000 - frame.length, 'moov')])
  return {
    name: 'too-large',
    about: 'A film of 6 MB where 5 MB are taken: the sender learns the limit.',
    raw: () => mailOf(27, IPHONE, `${ticketOf(27)} film`, withFile('IMG_0422.MP4', 'video/mp4', film)),
    expect: {
      outcome: 'bounced',
      code: 'too-large',
      ticket: ticketOf(27),
      files: [fileOf('IMG_0422.MP4', film, 'refused')],
    },
  }
}

const withFile = (name: string, type: string, content: Buffer): Entity =>
  multipart('mixed', [
    leaf('text/plain', 'See attachment.\n'),
    leaf(type, content, { name, disposition: 'attachment' }),
  ])
