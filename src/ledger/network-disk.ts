/** SQLite's locks and its shared journal do not hold on network file systems (https://sqlite.org/wal.html §1), so a ledger is not opened there. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Fault } from '../mail/fault.ts'

/** As the kernel names them (proc_pid_mountinfo(5)); `fuse.` has a name of its own for each. */
const NETWORK: ReadonlySet<string> = new Set([
  ...['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'ncpfs', '9p', 'afs', 'coda', 'ceph', 'glusterfs', 'lustre', 'beegfs'],
  ...[
    'pvfs2',
    'orangefs',
    'davfs',
    'fuse.sshfs',
    'fuse.s3fs',
    'fuse.glusterfs',
    'fuse.ceph',
    'fuse.davfs2',
    'fuse.rclone',
  ],
  ...[
    'fuse.gcsfuse',
    'fuse.mount-s3',
    'fuse.blobfuse',
    'fuse.blobfuse2',
    'fuse.juicefs',
    'fuse.curlftpfs',
    'fuse.smbnetfs',
  ],
])

export type Mount = { readonly point: string; readonly type: string }

/** The mount that the path lies on, by the text of /proc/self/mountinfo; undefined when none is named. `path` is absolute and real. */
export function mountOf(path: string, mountinfo: string): Mount | undefined {
  let found: Mount | undefined
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const point = unoctal(before.split(' ')[4] ?? '')
    const [type = ''] = after.split(' ')
    const covers = point !== '' && (path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`))
    // The last of equal points lies on top.
    if (covers && type !== '' && (found === undefined || point.length >= found.point.length)) found = { point, type }
  }
  return found
}

/** Fault 4.3.1 scope `ledger` that names file, kind of disk and remedy. Where the system does not tell (no /proc) nothing is refused. */
export function refuseNetworkDisk(file: string, mountinfo = ownMounts()): void {
  const mount = mountOf(real(file), mountinfo)
  if (mount === undefined || !NETWORK.has(mount.type)) return
  throw new Fault(
    '4.3.1',
    `the ledger ${file} lies on a network file system (${mount.type}, mounted on ${mount.point}), where its locks do not hold: ` +
      'move it to a local disk (ledger.url: sqlite:FILE), or use PostgreSQL',
    { scope: 'ledger' },
  )
}

function ownMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return ''
  }
}

/** Where it is or would be made, links followed as far as there is anything. */
function real(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : join(real(parent), basename(path))
}

/** Blanks and the like are octal. */
const unoctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
