/** Sections `attachments`, `description` and `parser`: what of a mail goes to the ticket. */
import { z } from 'zod'
import { key, keyOrNull, list } from '../key.ts'
import { choice, duration, number, size } from '../readers.ts'
import { clamd, extension } from '../words.ts'

/** Programs and what Windows runs at a double click. */
const REFUSED =
  '.exe .com .scr .pif .cpl .msi .msp .bat .cmd .vbs .vbe .js .jse .wsf .wsh .hta .lnk .jar .iso .img'.split(' ')

export const attachments = z
  .strictObject({
    maxSize: key(size(), 'Largest file, decoded.', '25MB').prefault('25MB'),
    maxMailSize: key(
      size(),
      'Largest mail, as the IMAP server tells its size. Encoded files are 37 % larger than decoded ones.',
      '50MB',
    ).prefault('50MB'),
    refuse: list(
      extension,
      'Extensions of files that are not taken. The last extension of a name counts; programs are recognised by their content under any name.',
      ['.exe', '.js'],
    ).prefault(REFUSED),
    inlineImages: key(
      choice('smart', 'all', 'none'),
      'Pictures inside the text. smart skips one only if the HTML refers to it and it is tiny (≤ 2 KB and ≤ 64×64), a banner (height ≤ 100 px and area ≤ 40,000 px), or known from three other tickets: a logo. In doubt it goes.',
      'all',
    ).prefault('smart'),
    duplicates: key(
      choice('skip', 'attach'),
      'The same name and content, delivered to that ticket before from the same mail (aliases, two mailboxes).',
      'attach',
    ).prefault('skip'),
    unpack: list(
      choice('tnef', 'signed'),
      'Containers to take apart: tnef (winmail.dat, whose files go in its place), signed (S/MIME signed-data, whose files go beside it).',
      ['tnef', 'signed'],
    ).prefault(['tnef']),
    original: key(
      choice('never', 'whenNothingElse', 'always'),
      'The mail itself goes too, as .eml.',
      'always',
    ).prefault('never'),
    antivirus: keyOrNull(
      clamd,
      'Virus scanner (clamd, by INSTREAM) that every file passes before it is uploaded. While it does not answer, mail waits; what it finds is refused.',
      'tcp://127.0.0.1:3310',
    ).prefault(null),
  })
  .describe('Which files go to the ticket.')

export const description = z
  .strictObject({
    quoted: key(
      choice('cut', 'keep'),
      'Quoted history and signature. When cutting leaves nothing, or the mail is a forward, nothing is cut.',
      'keep',
    ).prefault('cut'),
    maxLength: key(
      number('a length', 1, 100_000),
      'Longest description, in UTF-16 units (a letter is one, an emoji two or more); no character is cut in two.',
      4000,
    ).prefault(4000),
  })
  .describe("The mail's text, which goes with every file as its description.")

export const parser = z
  .strictObject({
    deadline: key(duration(), 'Longest time to parse a mail; one that needs more is held.', '30s').prefault('30s'),
    memory: key(
      size({ min: 64 * 2 ** 20 }),
      'Most memory to parse a mail; one that needs more is held.',
      '512MiB',
    ).prefault('512MiB'),
  })
  .describe('Mail is parsed in a process of its own, within these limits.')
