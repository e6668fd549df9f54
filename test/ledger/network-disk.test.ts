/** Disks on which a ledger's locks do not hold. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mountOf, refuseNetworkDisk } from '../../src/ledger/network-disk.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { folder } from './desktop.ts'

const MOUNTS = [
  '26 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
  '30 26 0:40 / /var/lib/mailclip rw,relatime shared:1 - nfs4 filer.example.com:/export rw,vers=4.2',
  '31 30 0:41 / /var/lib/mailclip/local rw,relatime - tmpfs tmpfs rw',
  '32 26 0:42 / /mnt/a\\040share rw,relatime - cifs //filer/share rw',
  '33 26 0:43 / /mnt/ssh rw,relatime - fuse.sshfs ops@host: rw',
  '34 26 0:44 / /mnt/c rw,noatime - 9p C:\\134 rw',
  '35 26 0:45 / /overlay rw - overlay overlay rw,lowerdir=/a - b',
  '36 26 0:46 / /twice rw - nfs filer:/x rw',
  '37 26 0:47 / /twice rw - ext4 /dev/vdb rw',
  '',
].join('\n')

test.each([
  ['/home/mailclip.db', '/', 'ext4'],
  ['/var/lib/mailclip/mailclip.db', '/var/lib/mailclip', 'nfs4'],
  ['/var/lib/mailclip-2/mailclip.db', '/', 'ext4'],
  ['/var/lib/mailclip/local/mailclip.db', '/var/lib/mailclip/local', 'tmpfs'],
  ['/mnt/a share/data/mailclip.db', '/mnt/a share', 'cifs'],
  ['/mnt/ssh/mailclip.db', '/mnt/ssh', 'fuse.sshfs'],
  ['/mnt/c/mailclip.db', '/mnt/c', '9p'],
  ['/overlay/mailclip.db', '/overlay', 'overlay'],
  ['/twice/mailclip.db', '/twice', 'ext4'],
])('%s lies on the disk mounted on %s, which is %s', (path, point, type) => {
  expect(mountOf(path, MOUNTS)).toEqual({ point, type })
})

test.each(['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'ceph', 'fuse.sshfs', 'fuse.rclone'])(
  'a ledger on %s is refused, with its path, the kind of disk and what to do',
  async type => {
    const disk = folder()
    const file = join(disk, 'data', 'mailclip.db')
    const mountinfo = `26 1 254:0 / / rw - ext4 /dev/vda rw\n30 26 0:40 / ${disk} rw - ${type} elsewhere rw\n`
    await expect(openSqlite(file, { create: true, mountinfo })).rejects.toMatchObject({
      status: '4.3.1',
      scope: 'ledger',
      message: `the ledger ${file} lies on a network file system (${type}, mounted on ${disk}), where its locks do not hold: move it to a local disk (ledger.url: sqlite:FILE), or use PostgreSQL`,
    })
  },
)

test('disks of this machine are taken: where this test lies, /dev/shm, an overlay, and whatever nobody tells of', () => {
  for (const file of [join(folder(), 'mailclip.db'), '/dev/shm/mailclip.db', '/proc/mailclip.db'])
    expect(() => refuseNetworkDisk(file)).not.toThrow()
  expect(() => refuseNetworkDisk('/overlay/mailclip.db', MOUNTS)).not.toThrow()
  expect(() => refuseNetworkDisk('/anywhere/mailclip.db', '')).not.toThrow()
})
