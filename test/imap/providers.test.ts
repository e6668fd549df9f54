/** Servers as providers run them: each row is a way of theirs, and the mail arrives, is fetched whole and is filed all the same. */
import { expect, onTestFinished, test } from 'vitest'
import type { ImapOptions } from '../../src/imap/session.ts'
import { type DovecotOptions, describeWithDovecot } from '../support/dovecot.ts'
import { type Answer, type Script, scripted } from './scripted.ts'
import { faultOf, letter, mailboxAt, Sink, setup, signal } from './setup.ts'

type Way = {
  readonly sentence: string
  readonly server?: DovecotOptions
  readonly options?: Partial<ImapOptions>
  /** The watched folder by the server's name. */
  readonly watched?: string
  /** As configured, and as the server names it. */
  readonly folder?: readonly [configured: string, named: string]
  /** What is left of it in the watched folder: nothing, unless said. */
  readonly left?: readonly (readonly string[])[]
}

const only = (...capabilities: readonly string[]): DovecotOptions => ({
  config: `imap_capability = ${capabilities.join(' ')}\n`,
})

const WAYS: readonly Way[] = [
  { sentence: 'a server that has everything moves the mail' },
  { sentence: 'without MOVE the mail is copied, and removed by UID EXPUNGE', server: { without: ['MOVE'] } },
  {
    sentence: 'without MOVE and UIDPLUS it is copied, and its original only marked: nothing of others is expunged',
    server: { without: ['MOVE', 'UIDPLUS'] },
    left: [['\\Deleted', '\\Flagged']],
  },
  { sentence: 'without UIDPLUS it is moved, and its place is known', server: { without: ['UIDPLUS'] } },
  { sentence: 'without CONDSTORE and QRESYNC nothing is missed', server: { without: ['CONDSTORE', 'QRESYNC'] } },
  { sentence: 'without IDLE a newcomer is found at the next look', server: { without: ['IDLE'] } },
  {
    sentence: 'a separator that nobody else has is as good as any',
    server: { separator: '^' },
    folder: ['Mailclip/Bounced', 'Mailclip^Bounced'],
  },
  {
    sentence: 'a prefix that the configuration wrote itself is not doubled',
    server: { prefix: 'INBOX.' },
    folder: ['INBOX/Mailclip/Bounced', 'INBOX.Mailclip.Bounced'],
  },
  {
    sentence: 'folders with names in other scripts are watched and filled (modified UTF-7)',
    options: { folder: 'Störungen/受信' },
    watched: 'St&APY-rungen.&U9dP4Q-',
    folder: ['Erledigt/Zurück & fort', 'Erledigt.Zur&APw-ck &- fort'],
  },
  {
    sentence: 'a folder with a special use is found by its name, and the use of others changes nothing',
    server: {
      config: 'namespace inbox {\n  mailbox Ablage {\n    auto = create\n    special_use = \\Archive\n  }\n}\n',
    },
    folder: ['Ablage', 'Ablage'],
  },
  {
    sentence: 'a server that can nothing but IMAP4rev1 has its mail copied and marked',
    server: only('IMAP4rev1'),
    left: [['\\Deleted', '\\Flagged']],
  },
  {
    sentence: 'what Exchange Online can is enough',
    server: only(
      'IMAP4',
      'IMAP4rev1',
      'UIDPLUS',
      'MOVE',
      'ID',
      'UNSELECT',
      'CHILDREN',
      'IDLE',
      'NAMESPACE',
      'LITERAL+',
    ),
  },
  {
    sentence: 'what Gmail can is enough, its labels aside',
    server: only(
      'IMAP4rev1',
      'UNSELECT',
      'IDLE',
      'NAMESPACE',
      'ID',
      'CHILDREN',
      'UIDPLUS',
      'MOVE',
      'CONDSTORE',
      'ESEARCH',
      'ENABLE',
      'LIST-EXTENDED',
      'LIST-STATUS',
      'SPECIAL-USE',
    ),
  },
]

describeWithDovecot('whatever a server can', () => {
  test.each(WAYS)('$sentence', async ({ server, options, watched = 'INBOX', folder, ...expected }) => {
    const { server: imap, mailbox, ref } = await setup(server, options)
    const [configured, named] = folder ?? ['Mailclip/Bounced', 'Mailclip.Bounced']
    const raw = letter('one', 5_000)
    const uid = await imap.deliver(raw, watched)
    const here = await ref(uid)
    const [sighting] = await mailbox.sight(await mailbox.uids(0, signal), signal)
    expect(sighting?.header.toString()).toContain('Subject: one')
    const sink = new Sink()
    await mailbox.fetch(here, sink, signal)
    expect(sink.octets.toString()).toBe(raw)
    const filed = await mailbox.file(here, { folder: configured, flag: '\\Flagged' }, signal)
    expect(filed).toMatchObject({ uid: 1, uidValidity: await imap.uidValidity(named) })
    const [there] = await imap.folder(named)
    expect([there?.raw.toString(), there?.flags.filter(one => one !== '\\Deleted')]).toEqual([raw, ['\\Flagged']])
    expect((await imap.folder(watched)).map(({ flags }) => flags.toSorted())).toEqual(expected.left ?? [])
    const next = await imap.deliver(letter('two'), watched)
    await mailbox.refresh(signal)
    expect(await mailbox.uids(uid, signal)).toEqual([next])
  })
})

/** Ways that no Dovecot can be taught. */
async function against(script: Script, options: Partial<ImapOptions> = {}) {
  const server = await scripted(script)
  onTestFinished(() => server.close())
  return { ...server, mailbox: mailboxAt(server, options) }
}

const THROTTLED = 'BAD Request is throttled. Suggested Backoff Time: 61 milliseconds'
const WITH = (...more: readonly string[]): Script => ({
  CAPABILITY: [`* CAPABILITY IMAP4rev1 ${more.join(' ')}`, 'OK done'],
  LOGIN: `OK [CAPABILITY IMAP4rev1 ${more.join(' ')}] welcome`,
})
const WITHOUT_HEADER: Answer = [
  '* 1 FETCH (UID 1 FLAGS () BODY[HEADER.FIELDS (MESSAGE-ID)] "Message-ID: <one@x>")',
  'OK done',
]
const HERE = { mailbox: 'support', folder: 'INBOX', uidValidity: '7', uid: 1 }
/** Without NAMESPACE the separator is asked for by LIST "" "" (RFC 9051 §6.3.9). */
const listing =
  (...folders: readonly string[]) =>
  (command: string): Answer =>
    command === 'LIST "" ""'
      ? ['* LIST (\\Noselect) "/" ""', 'OK done']
      : [...folders.map(folder => `* LIST () "/" "${folder}"`), 'OK done']
const FOLDERS: Script = { LIST: listing('INBOX', 'Held'), LSUB: 'OK done' }

test.each<readonly [string, Script]>([
  ['a folder is opened', { SELECT: THROTTLED }],
  ['mails are counted', { 'UID SEARCH': THROTTLED }],
  [
    'a mail is flagged',
    { ...WITH('MOVE', 'UIDPLUS'), ...FOLDERS, 'UID FETCH': WITHOUT_HEADER, 'UID STORE': THROTTLED },
  ],
  [
    'a mail is moved',
    {
      ...WITH('MOVE', 'UIDPLUS'),
      ...FOLDERS,
      'UID FETCH': WITHOUT_HEADER,
      'UID STORE': 'OK done',
      'UID MOVE': THROTTLED,
    },
  ],
])('Microsoft 365 throttles us when %s: the mailbox rests for as long as it says', async (_, script) => {
  const { mailbox } = await against(script)
  const work = async (): Promise<unknown> => {
    await mailbox.refresh(signal)
    await mailbox.uids(0, signal)
    return mailbox.file(HERE, { folder: 'Held', flag: '\\Flagged' }, signal)
  }
  expect(await faultOf(work())).toMatchObject({ status: '4.4.5', scope: 'mailbox', retryAfter: 61 })
})

test('a server that names no keywords it would keep is not asked to keep one', async () => {
  const kept = 'OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] kept'
  const { mailbox, heard } = await against({
    SELECT: ['* 1 EXISTS', '* OK [UIDVALIDITY 7] ok', `* ${kept}`, 'OK [READ-WRITE] done'],
    'UID FETCH': WITHOUT_HEADER,
    'UID STORE': 'OK done',
  })
  await mailbox.file(HERE, { folder: undefined, flag: '$Bounced' }, signal)
  expect(heard.filter(line => line.startsWith('UID STORE'))).toEqual(['UID STORE 1 +FLAGS (\\Flagged)'])
})

test('a server that moves without saying where is asked for the mail by its Message-ID', async () => {
  const { mailbox, heard } = await against({
    ...WITH('MOVE'),
    ...FOLDERS,
    'UID FETCH': (command: string) => (command.includes('HEADER') ? WITHOUT_HEADER : 'OK done'),
    'UID MOVE': 'OK done',
    'UID SEARCH': ['* SEARCH 12', 'OK done'],
  })
  const filed = await mailbox.file(HERE, { folder: 'Held', flag: undefined }, signal)
  expect(filed).toMatchObject({ folder: 'Held', uid: 12 })
  expect(heard).toContainEqual(expect.stringMatching(/^UID SEARCH HEADER.*message-id.*<one@x>/i))
})

test('Gmail is moved to a label: no label is written, nothing is compressed, and names go as they are (UTF8=ACCEPT)', async () => {
  const { mailbox, heard } = await against({
    ...WITH('X-GM-EXT-1', 'MOVE', 'UIDPLUS', 'ENABLE', 'UTF8=ACCEPT', 'COMPRESS=DEFLATE', 'SPECIAL-USE', 'LITERAL-'),
    ENABLE: ['* ENABLED UTF8=ACCEPT', 'OK done'],
    LIST: listing('INBOX', '[Gmail]/All Mail', latin1('Gelöst')),
    'UID FETCH': WITHOUT_HEADER,
    'UID MOVE': ['* OK [COPYUID 9 1 44] moved', 'OK done'],
  })
  await mailbox.refresh(signal)
  expect(await mailbox.file(HERE, { folder: 'Gelöst', flag: undefined }, signal)).toEqual({
    folder: 'Gelöst',
    uidValidity: '9',
    uid: 44,
  })
  expect(heard.filter(line => /COMPRESS|X-GM-LABELS|EXPUNGE/.test(line))).toEqual([])
  expect(heard.find(line => line.startsWith('UID MOVE'))).toContain(latin1('Gelöst'))
})

/** Octets of UTF-8 as the scripted server writes and hears them. */
const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
