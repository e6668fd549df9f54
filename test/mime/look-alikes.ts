/** Harmless texts that resemble a file in a text: certificates, tokens, logs, SQL, quoted bounces, pasted headers. */
import { createHash } from 'node:crypto'

/** The same bytes on every run, without a pattern. */
export function noise(length: number, seed: string): Buffer {
  const blocks: Buffer[] = []
  for (let n = 0; n * 32 < length; n += 1) blocks.push(createHash('sha256').update(`${seed} ${n}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

export const wrapped = (octets: Buffer, width = 76, before = ''): string =>
  (octets.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? []).map(line => before + line).join('\n')

const hex = (length: number, seed: string): string => noise(length, seed).toString('hex')
const rows = (count: number, row: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => row(n)).join('\n')
const armored = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`
const url = (length: number, seed: string): string => noise(length, seed).toString('base64url')
const prose = (count: number): string =>
  rows(count, n => `The printer in room ${n} prints nothing but stripes since Monday, please have a look.`)

const PEM = [
  'CERTIFICATE',
  'CERTIFICATE REQUEST',
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'PUBLIC KEY',
  'PKCS7',
  'X509 CRL',
  'DH PARAMETERS',
]

const PGP = ['PGP PUBLIC KEY BLOCK', 'PGP PRIVATE KEY BLOCK', 'PGP MESSAGE', 'PGP SIGNATURE']

const FIELDS = [
  'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; b=',
  'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=microsoft.com; b=',
  'ARC-Message-Signature: i=1; a=rsa-sha256; d=microsoft.com; b=',
  'X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.net; b=',
  'X-MS-Exchange-AntiSpam-MessageData-0: ',
  'X-Microsoft-Antispam-Message-Info: ',
  'X-MS-Exchange-CrossTenant-UserPrincipalName: ',
  'X-YMail-OSG: ',
  'X-Gm-Message-State: ',
  'X-Spam-Report-Data: ',
  'Autocrypt: addr=ann@example.com; keydata=',
]

const LOGS: readonly ((n: number) => string)[] = [
  n => `2026-12-01T10:0${n % 10}:00Z INFO worker ${n} started with id ${hex(16, `log ${n}`)}`,
  n =>
    `10.0.0.${n} - - [01/Dec/2026:10:00:0${n % 10} +0000] "GET /index.html?token=${url(48, `get ${n}`)} HTTP/1.1" 200 512`,
  n => hex(32, `hash ${n}`),
  n => `${hex(32, `sum ${n}`)}  file-${n}.iso`,
  n => `${hex(20, `commit ${n}`)} Merge branch ${n}`,
  n => noise(16, `octets ${n}`).toString('hex').replace(/../g, '$& ').trim(),
  n =>
    `${(n * 16).toString(16).padStart(8, '0')}  ${noise(16, `dump ${n}`).toString('hex').replace(/../g, '$& ')} |................|`,
  n => `eyJhbGciOiJIUzI1NiJ9.${url(60, `jwt ${n}`)}.${url(32, `sign ${n}`)}`,
  n => `Authorization: Bearer ${url(120, `bearer ${n}`)}`,
  n => `ssh-rsa ${noise(279, `ssh ${n}`).toString('base64')} user${n}@example.com`,
  n => `insert into document (id, body) values (${n}, 0x${hex(40, `sql ${n}`)});`,
  n => `-- step ${n}\nselect name from part where content_type = ${n};`,
  n => `--name=${n} --content-type=application/pdf --file=part-${n}.pdf`,
  n => `${'ACGT'.repeat(16).slice(n % 4)}ACGTACGT`.slice(0, 60),
  n => `MKVLAAGIVPLLLVACSSRAWTQETRSAPLKDDSVGNHPQEWFYICMKVLAAGIVPLLLVAC${n % 10}`.slice(0, 60),
  n => `antidisestablishmentarianismfloccinaucinihilipilificationpneumonoultra${'abcdef'[n % 6]}`,
  n => `${'='.repeat(60)}${n}`,
  n => `| ${n} | ${url(20, `cell ${n}`)} | ${url(20, `more ${n}`)} |`,
  n => `${n};${hex(8, `csv ${n}`)};Müller;"a text, with a comma";12,50`,
  n => `{"id":${n},"key":"${noise(24, `json ${n}`).toString('base64')}"}`,
  n => `at com.example.Service$${n}.run(Service.java:${n})`,
  n => `0x${hex(32, `stack ${n}`)}`,
  n => `MIIC${n} is the number of the certificate in the list`,
  n => `sha256-${noise(32, `integrity ${n}`).toString('base64')}`,
  n => `C:\\Users\\ann\\AppData\\Local\\${url(30, `path ${n}`)}`,
]

const QUOTED: readonly (() => string)[] = [
  () => wrapped(noise(2000, 'quoted'), 72, '> '),
  () => wrapped(noise(2000, 'twice'), 70, '>> '),
  () => `> --boundary\n> Content-Type: application/pdf; name="a.pdf"\n>\n${wrapped(noise(2000, 'part'), 70, '> ')}`,
  () => `>--boundary\n>Content-Disposition: attachment; filename="a.pdf"`,
  () => rows(12, n => `> ${hex(32, `hex ${n}`)}`),
]

const HEADERS: readonly string[] = [
  'Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment; filename="a.pdf"',
  'From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary="x"\nMIME-Version: 1.0',
  '-----Original Message-----\nFrom: a@example.com\nSent: Monday\nTo: b\nSubject: x\n\nContent of the mail',
  '-----Ursprüngliche Nachricht-----\nVon: a\nContent-Language: de',
  '---------- Forwarded message ---------\nFrom: a@example.com\nContent-Type: text/html; charset=utf-8',
  '--\nAnn Example\nContent-Type designer\nname=Ann',
  '-- \nAnn\nContent-Disposition: none of your business',
  '--- a/file.txt\n+++ b/file.txt\n@@ -1 +1 @@\n-Content-Type: x; name=y',
  'curl --request POST \\\n --header "Content-Type: multipart/form-data" \\\n --form name=x',
  '--verbose\n\n\n\n\n\n\n\n\n\n\nContent-Type: application/pdf; name="too far below.pdf"',
  '--boundary\nContent-Type: text/plain; charset=utf-8\n\nA text part of a bounce.\n--boundary--',
  '--boundary\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n--boundary--',
]

const OTHER: readonly string[] = [
  wrapped(Buffer.from(prose(40)), 76),
  wrapped(Buffer.from(JSON.stringify(Array.from({ length: 60 }, (_, n) => ({ id: n, name: `Müller ${n}` })))), 64),
  wrapped(noise(380, 'seven lines'), 76),
  wrapped(noise(700, 'below a kibibyte'), 76),
  `${wrapped(noise(250, 'pieces one'), 76)}\n\n${wrapped(noise(250, 'pieces two'), 76)}`,
  `Key: ${noise(600, 'one line').toString('base64')}`,
  prose(60),
  rows(30, () => 'A'.repeat(70)),
  rows(30, n => `${hex(30, `upper ${n}`).toUpperCase()}`),
  // Read as base64 it has the mark of a film (MPEG-TS) where one has it.
  rows(30, n => `3a91b0c7${hex(28, `film ${n}`)}`),
  rows(20, n => `data line ${n}: ${noise(40, `data ${n}`).toString('base64')}`),
  rows(20, n => `${noise(36, `comma ${n}`).toString('base64')},`),
  rows(20, n => `"${noise(45, `string ${n}`).toString('base64')}" +`),
]

/** A hundred and more, each with a word for what it is. */
export const LOOK_ALIKES: readonly (readonly [what: string, text: string])[] = [
  ...PEM.map(label => [label, armored(label, wrapped(noise(1500, label), 64))] as const),
  ...PEM.map(label => [`indented ${label}`, armored(label, wrapped(noise(1500, label), 64, '  '))] as const),
  ...PGP.map(label => [label, armored(label, `Version: 1\n\n${wrapped(noise(1500, label), 64)}\n=abcd`)] as const),
  ...FIELDS.map(field => [field, `${field}${wrapped(noise(1600, field), 70, '\t').trimStart()}`] as const),
  ...FIELDS.map(field => [`${field} without indents`, `${field}${wrapped(noise(1600, field), 70)}`] as const),
  ...LOGS.map((row, n) => [`log ${n}`, rows(30, row)] as const),
  ...QUOTED.map((text, n) => [`quoted ${n}`, text()] as const),
  ...HEADERS.map((text, n) => [`pasted header ${n}`, text] as const),
  ...OTHER.map((text, n) => [`other ${n}`, text] as const),
]
