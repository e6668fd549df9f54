/** Thirty dangerous files, as mails bring them: by name, by type and by their octets, against the list that is the default. */
import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse.ts'
import { select } from '../../src/mail/selection.ts'
import { zip } from '../support/zip.ts'
import { file, multipart, setup } from './parsing.ts'

const rules = parseSettings({
  mailboxes: [{ host: 'imap.example.com', user: 'u@example.com', password: 'p' }],
  desk: { url: 'https://desk.example.com/api/v1/1', user: 'u', password: 'p' },
  notices: null,
}).mailboxes[0]?.attachments

const DOS = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0'), Buffer.alloc(200)])
const ELF = Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0', 'latin1')
const DISC = Buffer.concat([Buffer.alloc(0x8000), Buffer.from('\x01CD001\x01'), Buffer.alloc(4096)])
const SHORTCUT = Buffer.from(`4c0000000114020000000000c000000000000046${'00'.repeat(60)}`, 'hex')
const INSTALLER = Buffer.concat([
  Buffer.from('d0cf11e0a1b11ae1', 'hex'),
  Buffer.alloc(1104),
  Buffer.from('84100c0000000000c000000000000046', 'hex'),
  Buffer.alloc(1024),
])
const JAR = zip('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\r\n')
const SCRIPT = Buffer.from('#!/bin/sh\nexit\n')
const CORE = Buffer.from(`\x7FELF\x02\x01\x01${'\0'.repeat(9)}\x04\0`, 'latin1')
const text = Buffer.from('hello')

test.each<[name: string, octets: Buffer, type?: string]>([
  ...'exe com scr pif cpl msi msp bat cmd vbs vbe js jse wsf wsh hta lnk jar iso img'
    .split(' ')
    .map((extension): [string, Buffer] => [`invoice.${extension}`, text]),
  ['invoice.pdf.exe', text],
  ['invoice.exe. .', text],
  ['INVOICE.PDF.ExE ', text],
  ['invoice.pdf', DOS],
  ['invoice.pdf', ELF],
  ['photo.jpg', SHORTCUT],
  ['report.doc', INSTALLER],
  ['archive.pdf', JAR],
  ['archive', JAR],
  ['backup.bin', DISC],
  ['invoice', text, 'application/x-msdownload'],
  ['invoice.txt', DOS],
  ['invoice', SCRIPT],
])('%s is refused (%#)', async (name, octets, type) => {
  expect(await fates(name, octets, type)).toMatchObject([{ kind: 'refuse', code: 'refused-type', status: '5.6.1' }])
})

test.each<[name: string, octets: Buffer, type?: string]>([
  ['invoice.exe.pdf', text],
  ['www.example.com.pdf', text],
  ['setup.msi.log', text],
  ['deploy.txt', SCRIPT],
  ['core.4711', CORE],
  ['archive.zip', JAR],
  ['report.docx', JAR],
  ['invoice.pdf', text, 'application/x-msdownload'],
  ['invoice', Buffer.from('%PDF-1.4\n'), 'application/x-msdownload'],
])('%s is not (%#)', async (name, octets, type) => {
  expect(await fates(name, octets, type)).toEqual([{ kind: 'send' }])
})

async function fates(name: string, octets: Buffer, type?: string) {
  const { parse } = await setup()
  const mail = await parse(multipart('mixed', 'Content-Type: text/plain\r\n\r\nhello', file(name, octets, type)))
  if (rules === undefined) throw new Error('no rules')
  const { items } = select(mail.parts, rules, { allParts: true, recurring: new Set() })
  return items.map(({ fate }) => fate)
}
