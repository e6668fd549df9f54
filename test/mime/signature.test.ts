import { describe, expect, test } from 'vitest'
import { cutBody } from '../../src/mime/cut.ts'

const OWN = 'The lamp is broken.'

const kept = (text: string): string => {
  const { cut, whole } = cutBody(text, 'Re: x')
  return cut === '' ? whole.trim() : cut
}

/** One footer a line. */
const footers = (lines: string): readonly string[] =>
  lines
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')

describe('what a mobile program adds goes', () => {
  test.each([
    [
      'English',
      `Sent from my iPhone
       Sent from my iPhone 6
       Sent from my Galaxy
       Sent from my Samsung Galaxy smartphone.
       Sent from Outlook for iOS<https://aka.ms/o0ukef>
       Get Outlook for iOS<https://aka.ms/o0ukef>
       Get [Outlook for Android](https://aka.ms/ghei36)
       Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows 10
       Sent from Yahoo Mail on Android
       Sent from my mobile device
       Sent via BlackBerry
       Sent with Proton Mail secure email.
       Sent from my Android device with K-9 Mail.
       Sent from my Android phone with GMX Mail. Please excuse my brevity.
       Sent from my cell, please excuse any typos.`,
    ],
    [
      'French',
      `Envoyé de mon iPhone
       Envoyé depuis mon Galaxy
       Envoyé à partir d’Outlook pour Android
       Envoyé à partir de Outlook pour iOS
       Envoyé à partir de Courrier pour Windows 10
       Envoyé depuis mon smartphone Samsung Galaxy.
       Envoyé depuis mon appareil mobile Samsung
       Envoyé depuis l’application Mail Orange
       Envoyé depuis mon mobile Orange
       Envoyé depuis Yahoo Mail pour iPhone
       Obtenir Outlook pour iOS<https://aka.ms/o0ukef>
       Télécharger Outlook pour Android`,
    ],
    [
      'German',
      `Von meinem iPhone gesendet
       Gesendet von meinem iPad
       Von meinem Samsung Galaxy Smartphone gesendet.
       Gesendet mit der GMX Mail App
       Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.
       Gesendet von Outlook für iOS
       Gesendet von Mail für Windows
       Outlook für iOS beziehen<https://aka.ms/o0ukef>
       Holen Sie sich Outlook für Android`,
    ],
    [
      'Spanish',
      `Enviado desde mi iPhone
       Enviado desde mi smartphone Samsung Galaxy.
       Enviado desde Outlook para iOS
       Enviado desde Correo para Windows
       Obtener Outlook para iOS<https://aka.ms/o0ukef>`,
    ],
    [
      'Italian',
      `Inviato da iPhone
       Inviato dal mio dispositivo Samsung
       Inviato da Outlook per Android
       Inviato da Posta per Windows
       Inviato da Libero Mail per Android
       Ottieni Outlook per iOS<https://aka.ms/o0ukef>`,
    ],
    [
      'Dutch',
      `Verstuurd vanaf mijn iPhone
       Verzonden vanaf mijn Galaxy
       Verzonden vanuit Outlook voor Android
       Verzonden met BlackBerry Work
       Outlook voor iOS downloaden<https://aka.ms/o0ukef>
       Download Outlook voor iOS`,
    ],
    [
      'Portuguese',
      `Enviado do meu iPhone
       Enviado do meu smartphone Samsung Galaxy.
       Enviado do Outlook para Android
       Enviado do Email para Windows
       Obter o Outlook para iOS<https://aka.ms/o0ukef>`,
    ],
    [
      'Scandinavian languages and Finnish',
      `Skickat från min iPhone
       Hämta Outlook för iOS
       Sendt fra min iPhone
       Hent Outlook til iOS
       Skaff deg Outlook for iOS
       Lähetetty iPhonesta
       Hanki Outlook for iOS`,
    ],
    [
      'Slavic languages',
      `Wysłane z iPhone'a
       Pobierz aplikację Outlook dla systemu iOS
       Wysłane z telefonu Samsung Galaxy
       Odesláno z iPhonu
       Získat Outlook pro iOS
       Odoslané z iPhonu
       Poslano z mojega iPhona
       Poslano s mog iPhonea
       Отправлено с моего iPhone
       Отправлено из мобильной Яндекс.Почты
       Скачать Outlook для iOS
       Надіслано з iPhone
       Изпратено от моя iPhone
       Wysłane z programu Outlook dla systemu iOS
       Pobierz program Outlook dla systemu Android
       Скачайте Outlook для iOS
       Prenesite Outlook za iOS
       Preuzmite Outlook za Android`,
    ],
    [
      'languages of Asia',
      `发自我的iPhone
       從我的 iPhone 傳送
       从我的华为手机发送
       获取适用于 iOS 的 Outlook
       iPhoneから送信
       Outlook for iOS を入手
       나의 iPhone에서 보냄
       iOS용 Outlook 다운로드
       Đã gửi từ iPhone của tôi
       iPhone'umdan gönderildi
       iOS için Outlook'u edinin
       נשלח מה-iPhone שלי
       הורד את Outlook עבור iOS
       Tải Outlook cho iOS
       Dapatkan Outlook untuk iOS
       ส่งจาก iPhone ของฉัน
       iOS 版の Outlook を入手
       iOS 用 Outlook を入手`,
    ],
    [
      'other languages of Europe',
      `Elküldve az iPhone-omról
       Trimis de pe iPhone-ul meu
       Στάλθηκε από το iPhone μου
       Saadetud minu iPhone'ist
       Enviat des del meu iPhone
       Aconsegueix Outlook per a iOS
       Az iOS-hez készült Outlook letöltése
       Outlook beszerzése iOS-re
       Hanki Outlook iOS:lle
       Provenance : Courrier pour Windows`,
    ],
  ])('in %s', (_language, lines) => {
    for (const line of footers(lines)) {
      expect(kept(`${OWN}\n\n${line}`)).toBe(OWN)
      expect(kept(`${OWN}\r\n\r\n\r\n${line}\r\n\r\n> Is it on?\r\n`)).toBe(OWN)
    }
    expect(kept(`${OWN}\n\n${footers(lines).join('\n\n')}`)).toBe(OWN)
  })

  test('with the closing of the sender above it left', () => {
    expect(kept(`${OWN}\n\nCordialement\nAnne\n\nEnvoyé de mon iPhone`)).toBe(`${OWN}\n\nCordialement\nAnne`)
  })
})

describe('a sentence that begins like one stays', () => {
  test.each([
    'Sent from the scanner on floor 3 this morning, but page 2 is black.\nPlease have a look.',
    'Sent from the scanner on floor 3',
    'Sent from Paris to Lyon yesterday',
    'Sent from my colleague',
    'Sent from my phone because the printer in room 4 is broken',
    'Sent from my iPhone: no answer',
    'Sent by mail',
    'Sent to Outlook, but nothing came',
    'Get Outlook for my iPad',
    'Get Outlook for the new colleague',
    'Please get Outlook for iOS',
    'Envoyé depuis le copieur du 2e étage, le scan est illisible.\nPouvez-vous regarder ?',
    'Envoyé depuis le copieur',
    'Envoyé par Anna',
    'Obtenir Outlook pour Anna',
    'Gesendet von Frau Meier',
    'Von unserem Scanner gesendet',
    'Von meinem Chef gesendet',
    'Enviado desde la oficina',
    'Enviado pelo scanner',
    'Inviato da Mario',
    'Inviato dalla stampante',
    'Verzonden door Piet',
    'Verstuurd vanaf de printer',
    'Skickat från skrivaren',
    'Sendt fra printeren',
    'Wysłane z drukarki',
    'Odesláno z tiskárny',
    'Отправлено с принтера',
    'My iPhone is broken',
    'iPhone',
    'Outlook mobile',
  ])('%s', text => {
    expect(kept(`Hello,\n\n${text}`)).toBe(`Hello,\n\n${text}`)
  })

  test.each(['Sent by mail', 'Envoyé par mail', 'Per Mail gesendet', 'Enviado por e-mail'])(
    'and only the footer below it goes: %s',
    text => {
      expect(kept(`${OWN}\n\n${text}\n\nSent from my iPhone`)).toBe(`${OWN}\n\n${text}`)
    },
  )

  test('above more text of the sender, also a footer', () => {
    const text = `${OWN}\n\nSent from my iPhone\n\nIt flickers.`
    expect(kept(text)).toBe(text)
  })
})

describe('a signature goes', () => {
  test.each([
    ['below its delimiter', '-- \nJo Doe\nAcme'],
    ['with a company below its delimiter', '-- \nJo Doe\nHead of lamps\nTel: +33 1 23 45 67 89\nwww.acme.example'],
    ['whose delimiter lost its blank', '--\nJo Doe <jo@x.org>\nAcme'],
    ['that is a closing', '--\nMit lieben Grüßen\n\nJohn Doe\nhttp://blog.john.doe\nMobil:   +12 345 6789 012'],
    ['and that of a list', '-- \nJo Doe\n_______________________\nlamps mailing list\nlamps@x.org\nhttp://x.org/lamps'],
    ['and another', '-- \nJo Doe\n\n-- \nlamps mailing list\nhttp://x.org/lamps'],
    ['with a company below a closing', 'Best regards\nJo Doe\nAcme Ltd'],
    ['in French', 'Cordialement,\n\nJean Dupont\nResponsable informatique\nTél. 01 23 45 67 89'],
    ['in German', 'Mit freundlichen Grüßen\nAnna Muster\nAcme GmbH\nTel. +49 30 123456'],
    ['in a box', '━━━━━━━━━━━━\n例社 総務部\n山田太郎\nTEL 03-0000-0000\n━━━━━━━━━━━━'],
    ['in a box of ASCII', '==============\n例社 総務部\n山田太郎\ntaro@x.example\n=============='],
  ])('%s', (_what, signature) => {
    expect(kept(`${OWN}\n\n${signature}`)).toBe(OWN)
    expect(kept(`${OWN}\n\n${signature}\n\nOn 2 March 2026 at 10:00, Al <al@x.org> wrote:\n> Is it on?`)).toBe(OWN)
  })

  test('and rows that are drawn below all', () => {
    expect(kept(`${OWN}\n\n--\n***\n======\n_______`)).toBe(OWN)
  })
})

describe('what looks like a signature stays', () => {
  test.each([
    ['sections', 'Room 1: the lamp.\n--\nRoom 2: the heating is cold.\n---\nRoom 3: the window.\n\nCome soon.\nAnn'],
    ['two sections', 'Room 1: lamp\n--\nRoom 2: heating'],
    ['two sections with empty lines', 'Room 1: the lamp\n\n--\n\nRoom 2: the heating'],
    ['two sections below a delimiter with its blank', 'Room 1 is dark.\n-- \nRoom 2 is very cold.'],
    ['two sections and an address below a delimiter', 'Room 1 is dark.\n-- \nRoom 2 is very cold.\n\nhttp://x.org/1'],
    ['three short sections', 'A\n--\nB\n--\nC'],
    ['a request below a delimiter', 'One\n\n-- \n\nPlease note: the other printer too.'],
    ['a question below a delimiter', 'One\n\n-- \nAnd the other one?'],
    [
      'a key below a delimiter',
      'My key:\n\n-- \nAnn\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQCNAy\n-----END PGP PUBLIC KEY BLOCK-----',
    ],
    ['comments of SQL', 'BEGIN\n    a := 1;\n    --\n    b := 2;\n    --\n    c := 3;\nEND'],
    ['comments of SQL at the margin', 'select 1\n-- one\nselect 2\n--\nselect 3'],
    ['a row of 32 underscores', 'First: the printer.\n________________________________\nSecond: the scanner.'],
    ['a row of plus signs', 'One\n++++\nTwo'],
    ['a title', 'Lamps\n=====\n\nText'],
    ['a row to sign on', 'Please sign here:\n\n______________'],
    ['a question below a closing', 'Cordialement\nAnna\n\nAutre question : quand sera-t-il là ?\nLe client attend.'],
    ['a request below a closing', 'Best regards\nAnna\n\nPlease call 0123 456789'],
    ['a wish below a closing', 'Cheers\nAnna\nplease call me back'],
    ['a place below a closing', 'Regards\n\nJo\n\nroom 12\nfloor 3'],
    ['a place in capitals below a closing', 'Regards\nJo\nRoom 12\nFloor 3'],
    ['an afterthought below a closing', 'Cheers\n\nAnna\n\nthe other printer is broken as well'],
    ['an afterthought and a telephone', 'Viele Grüße\nAnna\n\nNoch etwas: der Scanner auch.\nTel: 0123 456789'],
    ['a French afterthought', 'Cordialement\nAnna\nJe suis en congé demain'],
    ['text between rows', '━━━━━━━━\nこの電球です\n━━━━━━━━'],
    ['a log between rows', '==========\nlog http://x.org/1\n=========='],
  ])('%s', (_what, text) => {
    expect(kept(`Hello,\n\n${text}`)).toBe(`Hello,\n\n${text}`)
  })
})
