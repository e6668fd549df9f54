/** The command line of `mailclip preview`: which mails, by which rules, and how they are printed. */
import { createWriteStream, existsSync } from 'node:fs'
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { defaultSettings } from '../config/defaults.ts'
import { loadSettings } from '../config/load.ts'
import type { MailboxSettings, Settings } from '../config/schema.ts'
import { configurationFile } from '../config/where.ts'
import { EasyVista } from '../desk/desk.ts'
import { ImapMailbox } from '../imap/mailbox.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import { languageTag } from '../mail/language.ts'
import { ticketPattern, ticketsIn } from '../mail/subject.ts'
import type { Template } from '../mail/template.ts'
import { readHeader } from '../mime/header.ts'
import { MimeParser } from '../mime/parse.ts'
import { EXIT } from './exit.ts'
import { noticeTemplates } from './notice-templates.ts'
import { openBeside } from './open-ledger.ts'
import { policyOf } from './policy.ts'
import { type PreviewTools, preview } from './preview.ts'
import { KINDS } from './preview-notice.ts'
import type { PreviewRow } from './preview-row.ts'
import { noticeStory, story } from './preview-story.ts'
import { deskWay, SignIns } from './sign-in.ts'
import type { World } from './world.ts'

export type PreviewOptions = {
  readonly mailbox?: string
  readonly uid?: number
  readonly ticket?: string
  readonly desk?: true
  readonly notice?: true
  readonly language?: string
  readonly kind?: (typeof KINDS)[number]
  readonly json?: true
}

/** Mails of a folder that are previewed when no UID is given. */
const NEWEST = 20

/** Resolves with 66 when a file or mail could not be read, else 0. */
export async function previewCommand(
  files: readonly string[],
  options: PreviewOptions,
  program: Command,
  world: World,
): Promise<number> {
  const settings = await settingsFor(options, program, world)
  const box = settings.mailboxes.find(({ name }) => options.mailbox === undefined || name === options.mailbox)
  if (box === undefined) {
    const names = settings.mailboxes.map(({ name }) => name).join(', ')
    world.err.write(`mailclip: there is no mailbox ${options.mailbox}; there are ${names}\n`)
    return EXIT.input
  }
  if (options.ticket !== undefined && ticketsIn(options.ticket, ticketPattern(box.ticket.pattern)).length !== 1) {
    world.err.write(`mailclip: ${options.ticket} does not look like a ticket number (ticket.pattern)\n`)
    return EXIT.usage
  }
  const templates = await noticeTemplates(settings)
  const language = options.language === undefined ? undefined : languageTag(options.language)
  if (options.language !== undefined && (language === undefined || !templates.has(language))) {
    world.err.write(
      `mailclip: there are no texts in ${options.language}; there are ${[...templates.keys()].join(', ')}\n`,
    )
    return EXIT.usage
  }
  await using stack = new AsyncDisposableStack()
  const tools = toolsFor(asked(box, options.kind, language), settings, options, world, stack, templates)
  const signal = new AbortController().signal
  const tell = (row: PreviewRow): void => {
    world.out.write(options.json ? `${JSON.stringify(row)}\n` : options.notice ? noticeStory(row) : story(row))
  }
  if (options.mailbox !== undefined)
    return await previewFolder(box, options, tools, tell, stack, signal, { settings, world })
  let code: number = EXIT.ok
  for (const file of files) {
    const unreadable = await whyUnreadable(file)
    if (unreadable === undefined) tell(await preview(file, file, tools, signal))
    else {
      world.err.write(`mailclip: ${file} cannot be read (${unreadable})\n`)
      code = EXIT.input
    }
  }
  return code
}

const whyUnreadable = (file: string): Promise<string | undefined> =>
  access(file, constants.R_OK)
    .then(() => stat(file))
    .then(
      found => (found.isDirectory() ? 'EISDIR' : undefined),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    )

/** Files need no configuration: the rules are the defaults then. One that is there, or named, is used. */
async function settingsFor(options: PreviewOptions, program: Command, { environment }: World): Promise<Settings> {
  const { config } = program.opts<{ readonly config?: string }>()
  const file = configurationFile(config, environment)
  const named = config !== undefined || environment['MAILCLIP_CONFIG'] !== undefined
  const needed = named || options.mailbox !== undefined || options.desk === true
  const there =
    needed ||
    (await access(file).then(
      () => true,
      () => false,
    ))
  return there ? loadSettings(file, environment) : defaultSettings()
}

/** Another language than the configured one, and kinds that are not sent. */
function asked(box: MailboxSettings, kind: PreviewOptions['kind'], language: string | undefined): MailboxSettings {
  if (box.notices === null) return box
  const on = kind === undefined ? box.notices.on : [...KINDS]
  return { ...box, notices: { ...box.notices, on, language: language ?? box.notices.language } }
}

function toolsFor(
  box: MailboxSettings,
  settings: Settings,
  { ticket, desk, kind }: PreviewOptions,
  world: World,
  stack: AsyncDisposableStack,
  templates: ReadonlyMap<string, Template>,
): PreviewTools {
  const { closedStatuses } = box.ticket
  return {
    readHeader,
    parser: world.parser ?? stack.use(new MimeParser({ ...settings.parser, children: 1 })),
    policy: policyOf(box, settings, { secret: 'preview', templates }),
    mailbox: box.name,
    ticket,
    kind,
    desk: desk ? stack.use(new EasyVista({ ...box.desk, ...deskWay(box.desk), closedStatuses }, world)) : undefined,
  }
}

/** For the refresh tokens kept there; a ledger that is not there yet keeps none. */
async function ledgerOf(settings: Settings, world: World, stack: AsyncDisposableStack): Promise<SqlLedger | undefined> {
  const there = settings.mailboxes.some(({ oauth2 }) => oauth2 !== undefined) && existsSync(settings.ledger.file)
  return there ? stack.use(await openBeside(settings, world)) : undefined
}

/** Reads with BODY.PEEK, so that nothing changes in the mailbox either. */
async function previewFolder(
  box: MailboxSettings,
  { uid }: PreviewOptions,
  tools: PreviewTools,
  tell: (row: PreviewRow) => void,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
  { settings, world }: { readonly settings: Settings; readonly world: World },
): Promise<number> {
  const mailbox = stack.use(new ImapMailbox(new SignIns(world, await ledgerOf(settings, world, stack)).imap(box)))
  const place = { mailbox: box.name, ...(await mailbox.refresh(signal)) }
  const uids = uid === undefined ? (await mailbox.uids(0, signal)).slice(-NEWEST) : [uid]
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-preview-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  let code: number = EXIT.ok
  for (const one of uids) {
    const path = join(folder, `${one}.eml`)
    const fetched = await mailbox.fetch({ ...place, uid: one }, createWriteStream(path, { mode: 0o600 }), signal)
    if (typeof fetched === 'string') code = EXIT.input
    else tell(await preview(path, `${place.folder};UID=${one}`, tools, signal))
    await rm(path, { force: true })
  }
  return code
}
