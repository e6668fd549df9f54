import { describe, expect, test } from 'vitest'
import { cutBody } from '../../src/mime/cut.ts'

const cut = (...all: readonly string[]) => cutBody(all.join('\n'), 'Re: x').cut

describe('quoted history goes', () => {
  test.each([
    ['English', 'On Mon, 1 Jan 2024 at 10:00, Jo Doe <jo@x.org> wrote:'],
    ['French', 'Le lun. 1 janv. 2024 à 10:00, Jo Doe <jo@x.org> a écrit :'],
    ['German', 'Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jo Doe <jo@x.org>:'],
    ['Spanish', 'El lun, 1 ene 2024 a las 10:00, Jo Doe (<jo@x.org>) escribió:'],
    ['Ukrainian', '30 серп. 2016 р. 20:45 "Jo" <jo@x.org> пише:'],
    ['Russian', 'понедельник, 6 октября 2014 г. пользователь Jo написал:'],
    ['German, folded before its end', 'Am 21.04.2016 17:48 schrieb "Jo Doe" <jo@x.org\n>:'],
  ])('below a line in %s', async (_language, line) => {
    expect(cut('See the file.', '', line, '', '> Please send the file.', '> Jo')).toBe('See the file.')
  })

  test.each([
    ['English', 'From: Jo Doe', 'Sent: Monday', 'To: Al', 'Subject: x'],
    ['French', 'De : Jo Doe', 'Envoyé : lundi', 'À : Al', 'Objet : x'],
    ['German', 'Von: Jo Doe', 'Gesendet: Montag', 'An: Al', 'Betreff: x'],
    ['Italian', 'Da: Jo Doe', 'Inviato: lunedì', 'A: Al', 'Oggetto: x'],
    ['Dutch', 'Van: Jo Doe', 'Verzonden: maandag', 'Aan: Al', 'Onderwerp: x'],
    ['Swedish', 'Från: Jo Doe', 'Skickat: måndag', 'Till: Al', 'Ämne: x'],
    ['Danish', 'Fra: Jo Doe', 'Sendt: mandag', 'Til: Al', 'Emne: x'],
    ['Finnish', 'Lähettäjä: Jo Doe', 'Lähetetty: maanantai', 'Vastaanottaja: Al', 'Aihe: x'],
    ['Polish', 'Od: Jo Doe', 'Wysłano: poniedziałek', 'Do: Al', 'Temat: x'],
    ['Czech', 'Od: Jo Doe', 'Odesláno: pondělí', 'Komu: Al', 'Předmět: x'],
    ['Russian', 'От: Jo Doe', 'Отправлено: понедельник', 'Кому: Al', 'Тема: x'],
  ])('below the header lines of Outlook in %s', async (_language, ...block) => {
    expect(cut('See the file.', '', '________________________________', ...block, '', 'Send it.')).toBe('See the file.')
  })

  test.each([
    ['a name with an address that wrote', 'Jo Doe <jo@x.org> wrote:'],
    ['a rule in bold', '*---- Original Message ----*'],
  ])('below %s, without a mark before its lines', async (_what, line) => {
    expect(cut('See the file.', '', line, '', 'Please send the file.')).toBe('See the file.')
  })

  test('with the signature', async () => {
    expect(cut('See the file.', '', '-- ', 'Jo Doe', 'Acme')).toBe('See the file.')
    expect(cut('See the file.', '', 'Sent from my iPhone')).toBe('See the file.')
  })
})

describe('what the sender wrote stays', () => {
  test('below a quote', async () => {
    expect(cut('> Which one?', '', 'The blue one.')).toBe('The blue one.')
  })

  test('between quotes', async () => {
    const text = cut('Hi', '', '> Which one?', '', 'The blue one.', '', '> And when?', '', 'Tomorrow.')
    expect(text).toContain('The blue one.')
    expect(text).toContain('Tomorrow.')
    expect(text).not.toContain('Which one?')
  })

  test.each([
    ['with nothing of the sender above', []],
    ['that a greeting leads to', ['Hi Jo,', '']],
  ])('below a name with an address that wrote, %s', async (_what, above) => {
    expect(cut(...above, '', 'Jo Doe <jo@x.org> wrote:', '', 'Which one?', '', 'The blue one.')).toContain(
      'The blue one.',
    )
  })

  test('below a name with an address that wrote, between quotes', async () => {
    const lines = ['See below.', '', 'Jo Doe <jo@x.org> wrote:', '', '> Which one?', '', 'The blue one.']
    expect(cut(...lines)).toContain('The blue one.')
  })

  test('about somebody who wrote, in a sentence', async () => {
    expect(cut('It broke.', '', 'My colleague Jo <jo@x.org> wrote:', '', 'it is broken')).toContain('it is broken')
  })

  test('below a row of dashes', async () => {
    expect(cut('One', '---', 'Two')).toBe('One\n---\nTwo')
  })

  test('in a postscript below the greeting', async () => {
    expect(cut('Hello', '', 'Best regards', 'Jo', '', 'PS: the second file counts')).toContain('the second file counts')
  })

  test('in a greeting with a name alone, and not the address of a company below it', async () => {
    expect(cut('See the file.', '', 'Best regards', 'Jo')).toBe('See the file.\n\nBest regards\nJo')
    expect(cut('See the file.', '', 'Best regards', 'Jo Doe', 'Acme Ltd')).toBe('See the file.')
  })

  test('in a long text below something like a greeting', async () => {
    const long = Array.from({ length: 20 }, (_, at) => `line ${at}`)
    expect(cut('Regards', ...long)).toContain('line 19')
  })

  test('in a list that has a colon and an address in it', async () => {
    expect(cut('Please call jo@x.org about:', '', 'the red one')).toContain('jo@x.org')
  })
})

test('a mail that is all quote has no text of its own', async () => {
  expect(cut('> one', '> two')).toBe('')
})

describe('a forward is known', () => {
  const forwarded = async (subject: string, ...all: readonly string[]) => cutBody(all.join('\n'), subject).forwarded

  test.each([
    'Fwd: x',
    'FW: x',
    'TR: x',
    'WG: x',
    'RV: x',
    'I: x',
    'ENC: x',
    '[I161026_000005] Fwd: x',
    'I161026_000005 TR : x',
  ])('by its subject: %s', async subject => {
    expect(await forwarded(subject, 'see below')).toBe(true)
  })

  test.each(['Re: Fwd: x', 'x', 'Re: x', 'AW: WG: x', 'part I: the beginning', 'Software: x'])(
    'and %s is none',
    async subject => {
      expect(await forwarded(subject, 'see below')).toBe(false)
    },
  )

  test.each([
    ['a line of Gmail', '---------- Forwarded message ---------', 'From: Jo <jo@x.org>'],
    ['a line of Apple Mail', 'Begin forwarded message:', '', 'From: Jo'],
    ['nothing above the header lines of Outlook', 'From: Jo', 'Sent: Monday', 'To: Al', 'Subject: x', '', 'text'],
  ])('by %s', async (_what, ...all) => {
    expect(await forwarded('x', ...all)).toBe(true)
  })

  test('and a forward inside the history makes none of the reply', async () => {
    const reply = ['Thanks', '', 'On Mon Jo <jo@x.org> wrote:', '', '---------- Forwarded message ---------']
    expect(await forwarded('Re: x', ...reply)).toBe(false)
  })
})
