import { describe, expect, test } from 'vitest'
import { cutBody } from '../../src/mime/cut.ts'
import { textOfHtml } from '../../src/mime/html.ts'

const OWN = 'The lamp is broken.'

/** What stays of a reply. */
const kept = (text: string, subject = 'Re: x'): string => {
  const { cut, whole, forwarded } = cutBody(text, subject)
  return forwarded || cut === '' ? whole.trim() : cut
}

const ATTRIBUTIONS: readonly (readonly [program: string, line: string])[] = [
  ['English, Gmail', 'On Mon, 2 Mar 2026 at 10:00, Jo Doe <jo@x.org> wrote:'],
  ['English, Gmail in America', 'On Mon, Mar 2, 2026 at 10:00 AM Jo Doe <jo@x.org> wrote:'],
  ['English, Yahoo', 'On Monday, March 2, 2026 at 10:00:00 AM GMT+1, Jo Doe <jo@x.org> wrote:'],
  ['English, a name in small letters', 'On 2 March 2026 at 10:00, the help desk <desk@x.org> wrote:'],
  ['English, Zoho', '---- On Mon, 2 Mar 2026 10:00:36 +0530 Jo Doe<jo@x.org> wrote ----'],
  ['French, Gmail', 'Le lun. 2 mars 2026 à 10:00, Jo Doe <jo@x.org> a écrit :'],
  ['French, a no-break space', 'Le lun. 2 mars 2026 à 10:00, Jo Doe <jo@x.org> a écrit\u00A0:'],
  ['French, a narrow no-break space', 'Le 2 mars 2026 à 10:00, Jo Doe <jo@x.org> a écrit\u202F:'],
  ['French, folded', 'Le 4 janv. 2016 19:03, "Jo Doe"\n<jo@x.org>\na écrit :'],
  ['German, Gmail', 'Am Mo., 2. März 2026 um 10:00 Uhr schrieb Jo Doe <jo@x.org>:'],
  ['German, GMX', 'Jo Doe <jo@x.org> schrieb am 2. März 2026 um 10:00:'],
  ['German, Yahoo', 'Am Montag, 2. März 2026 um 10:00:00 MEZ hat Jo Doe <jo@x.org> Folgendes geschrieben:'],
  ['German, folded', 'Jo Doe <jo@x.org> schrieb am Mo., 2.\nMärz 2026 um 10:00 Uhr:'],
  ['Spanish, Gmail', 'El lun, 2 mar 2026 a las 10:00, Jo Doe (<jo@x.org>) escribió:'],
  ['Italian, Gmail', 'Il giorno lun 2 mar 2026 alle ore 10:00 Jo Doe <jo@x.org> ha scritto:'],
  ['Dutch, Gmail', 'Op ma 2 mrt 2026 om 10:00 schreef Jo Doe <jo@x.org>:'],
  ['Dutch, Apple', 'Op 2 mrt. 2026 om 10:00 heeft Jo Doe <jo@x.org> het volgende geschreven:'],
  ['Portuguese, Gmail', 'Em seg., 2 de mar. de 2026 às 10:00, Jo Doe <jo@x.org> escreveu:'],
  ['Swedish, Gmail', 'Den mån 2 mars 2026 kl 10:00 skrev Jo Doe <jo@x.org>:'],
  ['Danish, Gmail', 'Den man. 2. mar. 2026 kl. 10.00 skrev Jo Doe <jo@x.org>:'],
  ['Norwegian, Gmail', 'man. 2. mars 2026 kl. 10:00 skrev Jo Doe <jo@x.org>:'],
  ['Finnish, Gmail', 'ma 2. maalisk. 2026 klo 10.00 Jo Doe (jo@x.org) kirjoitti:'],
  ['Finnish, Apple', 'Jo Doe <jo@x.org> kirjoitti 2.3.2026 kello 10.00:'],
  ['Polish, Gmail', 'pon., 2 mar 2026 o 10:00 Jo Doe <jo@x.org> napisał(a):'],
  ['Czech, Gmail', 'po 2. 3. 2026 v 10:00 odesílatel Jo Doe <jo@x.org> napsal:'],
  ['Slovak, Gmail', 'po 2. 3. 2026 o 10:00 Jo Doe <jo@x.org> napísal(a):'],
  ['Russian, Gmail', 'пн, 2 мар. 2026 г. в 10:00, Jo Doe <jo@x.org>:'],
  ['Russian, Yandex', '02.03.2026, 10:00, "Jo Doe" <jo@x.org>:'],
  ['Russian, Mail.ru', 'Понедельник, 2 марта 2026, 10:00 +03:00 от Jo Doe <jo@x.org>:'],
  ['French, Yahoo', 'Le lundi, mars 2, 2026, 10:00 AM, Jo Doe <jo@x.org> a écrit :'],
  ['French in Canada', 'Le lun. 2 mars 2026, 10 h 00, Jo Doe <jo@x.org> a écrit :'],
  ['Spanish in America', 'El lun., 2 mar. 2026 10:00 a. m., Jo Doe <jo@x.org> escribió:'],
  ['Portuguese, old Gmail', 'Jo Doe <jo@x.org> escreveu no dia segunda, 2/03/2026 à(s) 10:00:'],
  ['Polish, Outlook', 'W dniu pon., 2.03.2026 o 10:00 Jo Doe <jo@x.org> napisał(a):'],
  ['Chinese, NetEase', '在 2026-03-02 10:00:00，"Jo Doe" <jo@x.org> 写道：'],
  ['English, in bold', '*On Mon, 2 Mar 2026 at 10:00, Jo Doe <jo@x.org> wrote:*'],
  ['Ukrainian, Gmail', 'пн, 2 бер. 2026 р. о 10:00 Jo Doe <jo@x.org> пише:'],
  ['Turkish, Gmail', 'Jo Doe <jo@x.org>, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:'],
  ['Hungarian, Gmail', 'Jo Doe <jo@x.org> ezt írta (időpont: 2026. márc. 2., H, 10:00):'],
  ['Greek, Gmail', 'Στις Δευ 2 Μαρ 2026 στις 10:00 π.μ., ο χρήστης Jo Doe <jo@x.org> έγραψε:'],
  ['Romanian, Gmail', 'În lun., 2 mar. 2026 la 10:00, Jo Doe <jo@x.org> a scris:'],
  ['Slovenian, Gmail', 'V V pon., 2. mar. 2026 ob 10:00 je oseba Jo Doe <jo@x.org> napisala:'],
  ['Croatian, Gmail', 'pon, 2. ožu 2026. u 10:00 Jo Doe <jo@x.org> napisao je:'],
  ['Bulgarian, Gmail', 'На пн, 2.03.2026 г. в 10:00 Jo Doe <jo@x.org> написа:'],
  ['Estonian, Gmail', 'Kuupäev E, 2. märts 2026 kell 10:00 kirjutas Jo Doe <jo@x.org>:'],
  ['Chinese, Gmail', 'Jo Doe <jo@x.org> 于2026年3月2日周一 10:00写道：'],
  ['Chinese in Taiwan, Gmail', 'Jo Doe <jo@x.org> 於 2026年3月2日 週一 上午10:00寫道：'],
  ['Chinese, Apple', '在 2026年3月2日，上午10:00，Jo Doe <jo@x.org> 写道：'],
  ['Japanese, Gmail', '2026年3月2日(月) 10:00 Jo Doe <jo@x.org>:'],
  ['Japanese, Apple', '2026/03/02 10:00、Jo Doe <jo@x.org>のメール:'],
  ['Korean, Gmail', '2026년 3월 2일 (월) 오전 10:00, Jo Doe <jo@x.org>님이 작성:'],
  ['Arabic, Gmail', 'في الاثنين، 2 مارس 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Jo Doe <jo@x.org>:'],
  [
    'Hebrew, Gmail',
    '\u202Bבתאריך יום ב׳, 2 במרץ 2026 ב-10:00 מאת \u202AJo Doe\u202C\u200F <\u202Ajo@x.org\u202C\u200F>:\u202C',
  ],
  ['Vietnamese, Gmail', 'Vào Th 2, 2 thg 3, 2026 vào lúc 10:00 Jo Doe <jo@x.org> đã viết:'],
]

describe('an attribution goes', () => {
  test.each(ATTRIBUTIONS)('with the quoted lines below it: %s', (_program, line) => {
    expect(kept(`${OWN}\n\n${line}\n\n> Please send a photo.\n> Jo`)).toBe(OWN)
    expect(kept(`${OWN}\r\n${line}\r\n> Please send a photo.\r\n`)).toBe(OWN)
  })

  test.each(ATTRIBUTIONS)('with history that is not quoted: %s', (_program, line) => {
    expect(kept(`${OWN}\n\n${line}\n\nPlease send a photo.\nJo`)).toBe(OWN)
  })

  test.each(ATTRIBUTIONS)('and the answer below the quoted lines stays: %s', (_program, line) => {
    expect(kept(`Hello,\n\n${line}\n\n> Is it on?\n\n${OWN}`)).toContain(OWN)
  })

  test.each([
    ['English', 'On 02/03/2026 10:00, Jo Doe wrote:'],
    ['French', 'Le 02/03/2026 à 10:00, Jo Doe a écrit :'],
    ['German', 'Am 02.03.2026 um 10:00 schrieb Jo Doe:'],
    ['Spanish', 'El 2/3/26 a las 10:00, Jo Doe escribió:'],
    ['Italian', 'Il 02/03/2026 10:00, Jo Doe ha scritto:'],
    ['Dutch', 'Op 02-03-2026 om 10:00 schreef Jo Doe:'],
    ['Portuguese', 'Em 02/03/2026 10:00, Jo Doe escreveu:'],
    ['Polish', 'W dniu 2.03.2026 o 10:00, Jo Doe pisze:'],
    ['Czech', 'Dne 02. 03. 26 v 10:00 Jo Doe napsal(a):'],
    ['Russian', '02.03.2026 10:00, Jo Doe пишет:'],
    ['English, a nickname', 'On Wed, Mar 2, 2026, at 03:57 PM, jo_doe wrote:'],
    ['English, whom it answers', 'At 3/2/2026 10:00 PM, you wrote:'],
    ['old Gmail, without a colon', '2026/3/2 Support <support@example.org>'],
    ['English, Horde', 'Quoting Jo Doe <jo@x.org>:'],
    ['German, Horde', 'Zitat von Jo Doe <jo@x.org>:'],
    ['English, a name alone', 'Support Desk wrote:'],
    ['French, a name alone', 'Support a écrit :'],
    ['German, a name alone', 'Jo Doe schrieb:'],
    ['Spanish, a name alone', 'Jo Doe escribió:'],
    ['Italian, a name alone', 'Jo Doe ha scritto:'],
    ['Dutch, a name alone', 'Jo Doe schreef:'],
    ['Portuguese, a name alone', 'Jo Doe escreveu:'],
    ['Swedish, a name alone', 'Jo Doe skrev:'],
    ['Polish, a name alone', 'Jo Doe pisze:'],
    ['Russian, a name alone', 'Jo Doe пишет:'],
  ])('without an address, above quoted lines: %s', (_program, line) => {
    expect(kept(`${line}\n> Is it on?\n\n${OWN}`)).toBe(OWN)
    expect(kept(`${OWN}\n\n${line}\n\n> Is it on?`)).toBe(OWN)
  })

  test('and the last line of the sender above it stays', () => {
    const line = 'I restarted it on 2.3.2026\nJo Doe <jo@x.org> wrote:'
    expect(kept(`${line}\n> Is it on?`)).toBe('I restarted it on 2.3.2026')
  })

  test('with lines that old Gmail marked by `|`', () => {
    expect(kept(`${OWN}\n\n2013/7/20 Jo <jo@x.org>\n\n| Is it on?\n| Jo\n`)).toBe(OWN)
  })
})

describe('a sentence with `wrote` in it is prose', () => {
  test.each([
    ['English', 'On the printer in room 12 the display wrote:\nPC LOAD LETTER\n\nWhat is that?'],
    ['English, a day and a time', 'On Monday at 10:00 the printer wrote:\nPC LOAD LETTER\n\nPlease help.'],
    ['English, a date and a time', 'On 3 March 2026 at 10:00 the display wrote:\n\nPC LOAD LETTER\n\nWhat is that?'],
    ['English, a person', 'Anna wrote:\nthe lamp is broken\n\nPlease mend it.'],
    ['English, a person and a time', 'Yesterday at 10:00 Anna wrote:\nit is broken\n\nCan you help?'],
    ['English, without a colon', 'On the sticker somebody wrote\nthe number of the room, it is 4.\n\nAnn'],
    ['English, to an address', 'I wrote to jo@x.org on 2.3.2026 at 10:00:\n\nno answer came\n\nPlease help.'],
    ['English, about an address', 'Jo Doe (jo@x.org) told me on 2.3.2026 at 10:00:\n\nno answer\n\nPlease help.'],
    ['French', 'Le client nous a écrit :\nla lampe est cassée\n\nPouvez-vous venir ?'],
    ['French, a time', 'Le serveur a redémarré à 10:00 et le journal a écrit :\nerreur 17\n\nMerci de regarder.'],
    ['French, a date and a time', 'Le 3 mars 2026 à 10:00, le serveur a écrit :\n\nerreur 17\n\nMerci.'],
    ['German', 'Am Montag um 10 Uhr schrieb das Gerät:\nFehler 17\n\nWas heißt das?'],
    ['German, a date and a time', 'Am 3. März 2026 um 10:00 Uhr schrieb der Drucker:\n\nFehler 17\n\nBitte helfen.'],
    ['German, to me', 'Am Dienstag schrieb mir Frau Meier:\nes ist kaputt\n\nBitte helfen.'],
    ['Spanish', 'El cliente nos escribió:\nla lámpara no funciona\n\n¿Pueden venir?'],
    ['Spanish, a date and a time', 'El 3 de marzo de 2026 a las 10:00 el equipo escribió:\n\nerror 17\n\nAyuda.'],
    ['Italian', 'Il server alle 10 ha scritto:\nerrore 17\n\nCosa significa?'],
    ['Italian, a date and a time', 'Il 3 marzo 2026 alle 10:00 il server ha scritto:\n\nerrore 17\n\nAiuto.'],
    ['Dutch', 'Op dinsdag werkte het nog, daarna schreef het scherm fout 17.\nGraag hulp bij:\n- de printer'],
    [
      'Dutch, over paragraphs',
      'Op kamer 4 is de lamp kapot.\n\nDe huurder schreef ons. Nodig is:\n- een lamp\n- een ladder',
    ],
    ['Dutch, a date and a time', 'Op 3 maart 2026 om 10:00 schreef het scherm:\n\nfout 17\n\nHelp.'],
    ['Portuguese', 'O cliente escreveu:\nnão funciona\n\nPodem vir?'],
    ['Portuguese, a date and a time', 'Em 3 de março de 2026 às 10:00 o servidor escreveu:\n\nerro 17\n\nAjuda.'],
    ['Swedish', 'Den 3 mars 2026 kl 10:00 skrev skärmen:\n\nfel 17\n\nHjälp.'],
    ['Danish', 'Den 3. marts 2026 kl. 10:00 skrev skærmen:\n\nfejl 17\n\nHjælp.'],
    ['Polish', 'W dniu 3.03.2026 o 10:00 serwer napisał:\n\nbłąd 17\n\nPomocy.'],
    ['Czech', 'Dne 3. 3. 2026 v 10:00 server napsal:\n\nchyba 17\n\nPomoc.'],
    ['Russian', '3 марта 2026 г. в 10:00 сервер написал:\n\nошибка 17\n\nПомогите.'],
    ['Finnish', '3 maaliskuuta 2026 klo 10.00 palvelin kirjoitti:\n\nvirhe 17\n\nApua.'],
    ['Chinese', '服务器在2026年3月2日 10:00写道：\n\n错误 17\n\n请帮忙'],
    ['a chat', '[10:00] Jo Doe wrote:\nhello\n[10:01] Al wrote:\nhi'],
    ['a log', '2026-03-02 10:00:00 ERROR jo@x.org failed:\n\nno such user\n\nPlease help.'],
  ])('%s', (_language, text) => {
    expect(kept(`Hello,\n\n${text}`)).toBe(`Hello,\n\n${text}`)
  })
})

describe('quoted lines that the sender leads to stay', () => {
  test.each([
    ['a customer', 'The customer wrote:\n> it is broken\n\nPlease help.'],
    ['a machine', 'Der Drucker schrieb:\n> Fehler 17\n\nWas tun?'],
    ['a log', 'The log says:\n\n> error 17\n\nPlease help.'],
    ['a menu', 'The menu is\n> File > Print\nand it does nothing.'],
    ['Python', 'My script.\n\n>>> import x\n>>> x.go()\nTraceback'],
    ['a table', 'Anna wrote:\n| room | lamp |\n| 4 | broken |'],
    ['a sentence that begins with From', 'Two facts.\n\n>From my office I see the lamp.'],
  ])('%s', (_what, text) => {
    expect(kept(text)).toBe(text)
  })

  test('also above the history', () => {
    const text = 'The log says:\n> error 17\nPlease help.'
    expect(kept(`${text}\n\nOn Mon, 2 Mar 2026 at 10:00, Jo <jo@x.org> wrote:\n> Send the log.`)).toBe(text)
  })
})

test.each([
  ['with nothing above it', ''],
  ['below a greeting', 'Hello,\n\n'],
  ['where the sender leads to it', 'First this.\n\nMy answers stand below:\n\n'],
])('an attribution without quoted lines stays %s: the answer may stand below', (_where, above) => {
  const text = `${above}On Mon, 2 Mar 2026 at 10:00, Jo <jo@x.org> wrote:\n\nWhich one?\n\nThe blue one.`
  expect(kept(text)).toBe(text)
})

test('an attribution without quoted lines stays where the sender answers quoted ones below it', () => {
  const text = `Hello, see below.\n\nOn Mon, 2 Mar 2026 at 10:00, Jo <jo@x.org> wrote:\n\nI ask.\n\n> Which?\n\n${'The blue one. '.repeat(200)}`
  expect(kept(text)).toContain('The blue one.')
})

const BLOCKS: readonly (readonly [language: string, from: string, sent: string, to: string, subject: string])[] = [
  ['English', 'From', 'Sent', 'To', 'Subject'],
  ['French', 'De', 'Envoyé', 'À', 'Objet'],
  ['French, new', 'De', "Date d'envoi", 'À', 'Objet'],
  ['French, a typographic apostrophe', 'De', 'Date d’envoi', 'À', 'Objet'],
  ['German', 'Von', 'Gesendet', 'An', 'Betreff'],
  ['Spanish', 'De', 'Enviado el', 'Para', 'Asunto'],
  ['Italian', 'Da', 'Inviato', 'A', 'Oggetto'],
  ['Dutch', 'Van', 'Verzonden', 'Aan', 'Onderwerp'],
  ['Portuguese', 'De', 'Enviado', 'Para', 'Assunto'],
  ['Portuguese in Brazil', 'De', 'Enviada em', 'Para', 'Assunto'],
  ['Swedish', 'Från', 'Skickat', 'Till', 'Ämne'],
  ['Danish and Norwegian', 'Fra', 'Sendt', 'Til', 'Emne'],
  ['Finnish', 'Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe'],
  ['Polish', 'Od', 'Wysłano', 'Do', 'Temat'],
  ['Czech', 'Od', 'Odesláno', 'Komu', 'Předmět'],
  ['Russian', 'От', 'Отправлено', 'Кому', 'Тема'],
  ['Ukrainian', 'Від', 'Надіслано', 'Кому', 'Тема'],
  ['Chinese', '发件人', '发送时间', '收件人', '主题'],
  ['Chinese in Taiwan', '寄件者', '寄件日期', '收件者', '主旨'],
  ['Japanese', '差出人', '送信日時', '宛先', '件名'],
  ['Korean', '보낸 사람', '보낸 날짜', '받는 사람', '제목'],
  ['Turkish', 'Kimden', 'Gönderildi', 'Kime', 'Konu'],
  ['Hungarian', 'Feladó', 'Elküldve', 'Címzett', 'Tárgy'],
  ['Greek', 'Από', 'Στάλθηκε', 'Προς', 'Θέμα'],
  ['Romanian', 'De la', 'Trimis', 'Către', 'Subiect'],
  ['Slovak', 'Od', 'Odoslané', 'Komu', 'Predmet'],
  ['Slovenian', 'Od', 'Poslano', 'Za', 'Zadeva'],
  ['Croatian', 'Šalje', 'Poslano', 'Prima', 'Predmet'],
  ['Bulgarian', 'От', 'Изпратено', 'До', 'Относно'],
  ['Estonian', 'Saatja', 'Saadetud', 'Adressaat', 'Teema'],
  ['Arabic', 'من', 'تاريخ الإرسال', 'إلى', 'الموضوع'],
  ['Hebrew', 'מאת', 'נשלח', 'אל', 'נושא'],
  ['Vietnamese', 'Từ', 'Đã gửi', 'Đến', 'Chủ đề'],
  ['Latvian', 'No', 'Nosūtīts', 'Kam', 'Tēma'],
  ['Catalan', 'De', 'Enviat el', 'Per a', 'Assumpte'],
  ['Basque', 'Nork', 'Bidalia', 'Nori', 'Gaia'],
  ['Serbian', 'Од', 'Послато', 'Коме', 'Тема'],
  ['Macedonian', 'Од', 'Испратено', 'До', 'Предмет'],
  ['Albanian', 'Nga', 'Dërguar', 'Për', 'Subjekti'],
  ['Thai', 'จาก', 'ส่ง', 'ถึง', 'เรื่อง'],
  ['Indonesian', 'Dari', 'Terkirim', 'Ke', 'Subjek'],
  ['Malay', 'Daripada', 'Dihantar', 'Kepada', 'Subjek'],
  ['Hindi', 'प्रेषक', 'भेजा गया', 'प्रति', 'विषय'],
  ['Persian', 'از', 'ارسال شده', 'به', 'موضوع'],
  ['Kazakh', 'Кімнен', 'Жіберілді', 'Кімге', 'Тақырып'],
]

describe('the header lines of desktop Outlook and all below them go', () => {
  test.each(BLOCKS)('%s', (_language, from, sent, to, subject) => {
    for (const colon of [': ', ':', '\u00A0: ', '\u202F: ', '：', ':\t', ':        ', ': | ']) {
      const block = (sender: string, recipient: string, mark = '') =>
        [
          `${mark}${from}${colon}${mark}${sender}`,
          `${mark}${sent}${colon}${mark}lundi 2 mars 2026 10:00`,
          `${mark}${to}${colon}${mark}${recipient}`,
          `${mark}${subject}${colon}${mark}RE: lamp`,
        ].join('\n')
      const withAddress = block('Jo Doe <jo@x.org>', 'Al')
      for (const above of ['', '________________________________\n', '-----\n\n'])
        expect(kept(`${OWN}\n\n${above}${withAddress}\n\nSend the log.\n\nNow: please.`)).toBe(OWN)
      expect(kept(`${OWN}\n\n${block('Support', 'Al')}\n\nSend the log.`)).toBe(OWN)
      expect(kept(`${OWN}\n\n${block('Jo <jo@x.org>', 'Al', '*')}\n\nSend the log.`)).toBe(OWN)
    }
  })

  test.each(BLOCKS)('%s, in HTML', async (_language, from, sent, to, subject) => {
    const fields = [
      `<b>${from}&nbsp;:</b> Jo &lt;<a href="mailto:jo@x.org">jo@x.org</a>&gt;`,
      `<b>${sent}&nbsp;:</b> lundi 2 mars 2026 10:00`,
    ]
    const more = [`<b>${to}&nbsp;:</b> Al`, `<b>${subject}&nbsp;:</b> RE: lamp`]
    const all = [...fields, ...more]
    for (const block of [
      `<div style="border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>${all.join('<br>')}<o:p></o:p></p></div>`,
      `<hr tabindex="-1"><div id="divRplyFwdMsg">${all.join('<br>')}</div>`,
      all.map(field => `<p>${field}</p><p>&nbsp;</p>`).join(''),
    ]) {
      const { text } = await textOfHtml(`<p>${OWN}</p><p>&nbsp;</p>${block}<p>Send the log.</p>`)
      expect(kept(text)).toBe(OWN)
    }
  })

  test.each([
    ['Notes', 'From:\tJo Doe/Acme\nTo:\tAnna/Kunde\nDate:\t02.11.2026 10:00\nSubject:\tlamp'],
    ['Notes in German', 'Von:\tJo Doe/Acme@Acme\nAn:\tAnna\nKopie:\tX\nDatum:\t02.11.2026 10:00\nBetreff:\tlamp'],
    [
      'Notes with the first words',
      'Jo Doe ---02.11.2026 10:00:00---Send it.\n\nFrom: Jo/Acme@Acme\nTo: Anna\nDate: 02.11.2026 10:00\nSubject: x',
    ],
    [
      'Orange',
      '========================================\n\nMessage du : 02/03/2026 10:00\nDe : "Support" <s@x.org>\nA : ann@x.net\nCopie à :\nSujet : lampe',
    ],
    [
      'Thunderbird',
      '-------- Original Message --------\nSubject: lamp\nDate: Mon, 2 Mar 2026 10:00:00\nFrom: Jo <jo@x.org>\nTo: al@x.org',
    ],
    [
      'a folded list of recipients',
      'From: Jo <jo@x.org>\nSent: 2 March 2026 10:00\nTo: a@x.org; b@x.org;\n  c@x.org; d@x.org\nCc: Al\nSubject: a subject that\ngoes on',
    ],
  ])('of %s', (_program, block) => {
    expect(kept(`${OWN}\n\n${block}\n\nSend the log.`)).toBe(OWN)
  })

  test.each([
    ['English', '-----Original Message-----'],
    ['English, in bold', '*-------- Original Message --------*'],
    ['French', "-----Message d'origine-----"],
    ['French, a typographic apostrophe', '-----Message d’origine-----'],
    ['French, Zimbra', '----- Mail original -----'],
    ['German', '-----Ursprüngliche Nachricht-----'],
    ['Spanish', '-----Mensaje original-----'],
    ['Italian', '-----Messaggio originale-----'],
    ['Dutch', '-----Oorspronkelijk bericht-----'],
    ['Portuguese', '-----Mensagem original-----'],
    ['Swedish', '-----Ursprungligt meddelande-----'],
    ['Danish', '-----Oprindelig meddelelse-----'],
    ['Norwegian', '-----Opprinnelig melding-----'],
    ['Finnish', '-----Alkuperäinen viesti-----'],
    ['Polish', '-----Oryginalna wiadomość-----'],
    ['Czech', '-----Původní zpráva-----'],
    ['Russian', '-----Исходное сообщение-----'],
    ['Chinese', '-----原始邮件-----'],
    ['GroupWise', '>>> Jo Doe <jo@x.org> 02.03.2026 10:00 >>>'],
    ['GroupWise in America', '>>> "Jo Doe" <jo@x.org> 3/2/2026 10:00 AM >>>'],
  ])('below `Original Message` in %s', (_language, line) => {
    expect(kept(`${OWN}\n\n${line}\n\nSend the log.`)).toBe(OWN)
    expect(kept(`${OWN}\n\n${line}\nDe : Jo\nEnvoyé : lundi\nÀ : Al\nObjet : x\n\nSend the log.`)).toBe(OWN)
  })
})

describe('lines that look like a header stay', () => {
  test.each([
    ['English, a journey', 'From: Paris\nTo: Lyon\nDate: 12 November 2026 10:00\n\nI need a quiet seat.'],
    ['English, below a row', '________________________________\nFrom: Paris\nTo: Lyon\nDate: 12 November\n\nThanks'],
    ['German, a form below a row', '-----\nVon: Zimmer 1\nAn: Zimmer 2\nDatum: 12.11.2026\nBetreff: Umzug\n\nBitte'],
    ['English, a sentence', 'From: the basement to the roof\nDate: any\nTo: nobody in particular\nit is dark.'],
    ['French, a move', 'De : Paris\nÀ : Lyon\nDate : 12 novembre 2026 10:00\n\nMerci'],
    ['French, a form', 'Date : 3 novembre 2026\nDe : service achats\nÀ : informatique\nObjet : écran\n\nMerci !'],
    ['German, a move', 'Von: Zimmer 12\nAn: Zimmer 14\nDatum: 12.11.2026 10:00\n\nDas Telefon kommt mit.'],
    ['Spanish, a move', 'De: sala 1\nPara: sala 2\nFecha: 12/11/2026\n\nGracias'],
    ['Italian, a move', 'Da: stanza 1\nA: stanza 2\nData: 12/11/2026\n\nGrazie'],
    ['Dutch, a move', 'Van: kamer 1\nAan: kamer 2\nDatum: 12-11-2026\n\nDank'],
    ['Swedish, a move', 'Från: rum 1\nTill: rum 2\nDatum: 2026-11-12\n\nTack'],
    ['Polish, a move', 'Od: pokój 1\nDo: pokój 2\nData: 12.11.2026\n\nDzięki'],
    ['Russian, a move', 'От: комната 1\nКому: комната 2\nДата: 12.11.2026\n\nСпасибо'],
    ['Turkish, a parcel', 'Kimden: Ankara\nKime: Bursa\nKonu: kitap\n\nSağ olun'],
    ['Chinese, a parcel', '发件人: 王\n收件人: 李\n主题: 书\n\n谢谢'],
    ['a rule for mail', 'From: shop@example.com\nTo: ann@example.net\nSubject: Invoice\n\nMove it to Invoices.'],
    [
      'a mail without a real date',
      'From: Bank <b@evil.example>\nSent: Monday\nTo: Anna\nSubject: x\n\nI did not click.',
    ],
    [
      'a raw header',
      'Received: from x.org by y.org; Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <1@x.org>\nFrom: Bank <b@evil.example>\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nTo: Anna\nSubject: x\nMIME-Version: 1.0\n\nIs it dangerous?',
    ],
    [
      'a raw header with a folded field',
      'Received: from x.org by y.org\n with ESMTP id 17;\n Mon, 2 Mar 2026 10:00:00 +0100\nFrom: b@evil.example\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nTo: Anna\nSubject: x\n\nIs it dangerous?',
    ],
    ['an order', 'No: 17\nDate: 2026-11-02\nTo: Anna <anna@x.org>\nSubject: printer\n\nIt is late.'],
    ['a log between angles', 'Log\n\n>>> 02.03.2026 10:00:01 backup >>>\nfailed\n\nPlease check.'],
    ['one line with an address', 'From: Report <report@example.com>\n\nshould be the department.'],
    ['a log', 'From: client <10.0.0.1>\nstate: closed\n\nIt is the third time today.'],
  ])('%s', (_what, text) => {
    expect(kept(`Hello\n\n${text}`)).toBe(`Hello\n\n${text}`)
  })

  test.each([
    [
      'English',
      'I received this mail:',
      'From: Bank <b@evil.example>\nSent: Monday, 2 March 2026 10:00\nTo: Anna\nSubject: x',
    ],
    [
      'French',
      'J’ai reçu ceci\u00A0:',
      'De : Bank <b@evil.example>\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Anna\nObjet : x',
    ],
    [
      'German',
      'Diese Mail kam an:',
      'Von: Bank <b@evil.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: Anna\nBetreff: x',
    ],
    [
      'between scissors',
      'Everybody gets it.\n\n----8<----',
      'From: Bank <b@evil.example>\nDate: 2 March 2026\nTo: Anna\nSubject: x',
    ],
  ])('of a mail that the sender leads to, and what stands below: %s', (_language, above, block) => {
    const text = `${above}\n\n${block}\n\nI did not click on anything.`
    expect(kept(text)).toBe(text)
  })
})

describe('a forward with a comment keeps both, also under a newly typed subject', () => {
  test.each([
    '---------- Forwarded message ---------',
    '----- Forwarded Message -----',
    '--- begin forwarded text',
    '----- Forwarded by Jo Doe/Acme on 02.11.2026 10:00 -----',
    'Begin forwarded message:',
    '> Begin forwarded message:\n>',
    '---------- Message transféré ---------',
    'Début du message réexpédié :',
    '---------- Weitergeleitete Nachricht ---------',
    '----- Weitergeleitet von Jo Doe/Acme am 02.11.2026 10:00 -----',
    'Anfang der weitergeleiteten Nachricht:',
    '---------- Mensaje reenviado ---------',
    'Inicio del mensaje reenviado:',
    '---------- Messaggio inoltrato ---------',
    'Inizio messaggio inoltrato:',
    '---------- Doorgestuurd bericht ---------',
    'Begin doorgestuurd bericht:',
    '---------- Mensagem encaminhada ---------',
    '-------- Пересылаемое сообщение --------',
    '---------- 转发的邮件 ---------',
  ])('%s', line => {
    const mail = 'From: Bo <bo@x.org>\nDate: Mon, 2 Mar 2026 10:00\nSubject: lamp\nTo: Ann <a@x.org>'
    const text = `Please look.\n\n${line}\n${mail}\n\nThe lamp.`
    expect(kept(text, 'Lamp I261026_000005')).toBe(text)
  })

  test('below an answer between quoted lines', () => {
    const forward = '---------- Forwarded message ---------\nFrom: Bo <bo@x.org>\n\nThe lamp.'
    expect(kept(`On 2 March 2026 Jo wrote:\n> Which?\n\nThis one.\n\n${forward}`)).toContain('The lamp.')
  })

  test('where its header lines name another sender than the recipients of the mail', () => {
    const text = `Please look.\n\nFrom: Bo <bo@x.org>\nSent: 2 March 2026 10:00\nTo: Ann\nSubject: lamp\n\nThe lamp.`
    const forwarded = (subject: string, ...recipients: readonly string[]) =>
      cutBody(text, subject, recipients).forwarded
    expect(forwarded('Lamp', 'support@x.org')).toBe(true)
    expect(forwarded('Lamp', 'support@x.org', 'Bo@x.org')).toBe(false)
    expect(forwarded('Re: Lamp', 'support@x.org')).toBe(false)
    expect(forwarded('Lamp')).toBe(false)
  })

  test('and a forward that is quoted in a reply hides no answer', () => {
    const text = `On 2 March 2026 Jo wrote:\n> ---------- Forwarded message ---------\n> From: Bo\n\n${OWN}`
    expect(kept(text)).toBe(OWN)
  })
})

test('a mail of a megabyte is read in linear time, whatever its lines are', () => {
  const worst = [
    ...[
      '\n',
      'a:\n',
      ':\n',
      '>\n',
      '> \n\n\n',
      '--\n',
      '-- \n',
      '|\n',
      '_____\n',
      'wrote:\n',
      'a wrote:\n> b\n',
      '@',
      '<a@',
      '<a@b\n>:',
    ],
    ...[
      'On 1 Jan 2026 10:00, Jo wrote:\n',
      'From: a@b\nTo: c\n\n',
      'From: a\n\n',
      'b@c;\n',
      'Regards\nJo Doe\n',
      'TEL 0\n━━━━━━\n',
    ],
    ...[
      `${'x '.repeat(140)}wrote:\n`,
      `${'(<['.repeat(90)}:\n`,
      `${'@'.repeat(290)}:\n`,
      `${'a-'.repeat(60)}\n`,
      `${'1.'.repeat(900)}:\n`,
    ],
    ...['Sent from my iPhone\n', '<[(https://', '-----Original\n', '\u200B', 'a ', '- ', '8<', '\t', '\r', '>From a\n'],
  ]
  for (const piece of worst) {
    const text = piece.repeat(Math.ceil((1024 * 1024) / piece.length))
    expect(cutBody(`${text}\n\n${OWN}`, text).whole).toContain(OWN)
  }
}, 60_000)
