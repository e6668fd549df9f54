/** Who runs in the benchmark: mailclip, the scripts it replaces, and the limit of what this machine can pull and post at all. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { Dovecot } from '../support/dovecot.ts'
import type { Workload } from './workloads.ts'

export type Track = {
  readonly imap: Dovecot
  /** Base URL. */
  readonly desk: string
  readonly workload: Workload
  /** Empty, gone after the run. */
  readonly folder: string
}

export type Contender = {
  readonly name: string
  /** Lays out what it needs and answers the command line to be measured. */
  prepare(track: Track): Promise<readonly string[]>
  /** Programs that must be installed, as Debian packages name them. */
  readonly needs?: Readonly<Record<string, string>>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const CONTENDERS: readonly Contender[] = [
  limit('limit (mbsync, curl)', 1),
  limit('limit, 8 uploads at once', 8),
  { name: 'Node script', prepare: async track => [process.execPath, here('scripts/script.mjs'), ...access(track)] },
  {
    name: 'Python script',
    prepare: async track => ['python3', here('scripts/script.py'), ...access(track)],
    needs: { python3: 'python3' },
  },
  mailclip('mailclip', 4),
  mailclip('mailclip, concurrency 8', 8),
]

const access = ({ imap, desk }: Track): readonly string[] => [String(imap.port), imap.user, imap.password, desk]

/** Pulls the mailbox and posts the files that lie ready on the disk: nothing is parsed, nothing remembered, nothing filed. */
function limit(name: string, atOnce: number): Contender {
  const prepare = async (track: Track): Promise<readonly string[]> => {
    const { imap, desk, workload, folder } = track
    await mkdir(join(folder, 'maildir'))
    await writeFile(join(folder, 'mbsyncrc'), mbsyncrc(imap, folder))
    const uploads = workload.files.map(async ({ ticket, name: file, content }) => {
      const path = join(folder, file)
      await writeFile(path, content)
      return `url="${desk}/requests/${ticket}/documents"\nform="documents=@${path}"\noutput=/dev/null\n`
    })
    await writeFile(join(folder, 'curlrc'), `silent\n${(await Promise.all(uploads)).join('next\nsilent\n')}`)
    const parallel = atOnce === 1 ? '' : `--parallel --parallel-immediate --parallel-max ${atOnce}`
    return [
      'sh',
      '-c',
      `mbsync -qq -c ${folder}/mbsyncrc pull && curl --no-progress-meter ${parallel} -K ${folder}/curlrc`,
    ]
  }
  return { name, prepare, needs: { mbsync: 'isync', curl: 'curl' } }
}

const mbsyncrc = ({ port, user, password }: Dovecot, folder: string): string => `
FSync no

IMAPAccount here
Host 127.0.0.1
Port ${port}
User ${user}
Pass ${password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account here

MaildirStore near
Path ${folder}/maildir/
Inbox ${folder}/maildir/inbox

Channel pull
Far :far:
Near :near:
Sync Pull
Create Near
SyncState *
`

function mailclip(name: string, concurrency: number): Contender {
  const prepare = async ({ imap, desk, folder, workload }: Track): Promise<readonly string[]> => {
    const file = join(folder, 'mailclip.yaml')
    const { host, port, user, password } = imap
    await writeFile(
      file,
      stringify({
        mailboxes: [{ host, port, security: 'plain', user, password, backlog: 'all' }],
        desk: { url: desk, user: 'mailclip', password: 'mailclip', concurrency },
        notices: null,
        ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
        spool: { folder: join(folder, 'spool') },
        ...workload.settings,
      }),
      { mode: 0o600 },
    )
    return [process.execPath, here('../../dist/main.js'), 'sweep', '--config', file]
  }
  return { name, prepare }
}
