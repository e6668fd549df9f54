import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, onTestFinished, test } from 'vitest'
import { FolderSpool } from '../../src/spool/spool.ts'

async function setup(maxBytes = 1e9) {
  const top = await mkdtemp(join(tmpdir(), 'mailclip-spool-'))
  onTestFinished(() => rm(top, { recursive: true, force: true }))
  const folder = join(top, 'data', 'spool')
  const spool = new FolderSpool({ folder, maxBytes, boot: 'boot 1' })
  const store = async (id: string, octets: Buffer) => {
    const berth = await spool.berth(id, octets.length)
    await pipeline(Readable.from([octets]), spool.open(berth))
    return berth
  }
  const again = (boot: string | undefined = 'boot 1') => new FolderSpool({ folder, maxBytes, boot })
  return { folder, spool, store, again }
}

const foldersIn = async (spool: string) => (await readdir(spool)).filter(name => name !== '.boot')

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test('a mail is kept octet for octet, where nobody else can read it', async () => {
  const { spool, store, folder } = await setup()
  const octets = randomBytes(3_000_000)
  const { raw } = await store('7', octets)
  expect((await readFile(raw)).equals(octets)).toBe(true)
  expect(await modeOf(raw)).toBe('600')
  expect(await modeOf(join(folder, '7'))).toBe('700')
  expect(await modeOf(folder)).toBe('700')
  expect(await spool.berth('7', 1)).toMatchObject({ raw, whole: true })
})

test('a mail whose download broke off is not taken for whole', async () => {
  const { spool } = await setup()
  const berth = await spool.berth('7', 100)
  const broken = Readable.from(
    (function* () {
      yield Buffer.from('Subject: half')
      throw new Error('the link broke')
    })(),
  )
  await expect(pipeline(broken, spool.open(berth))).rejects.toThrow('the link broke')
  expect(await spool.berth('7', 100)).toMatchObject({ whole: false })
  expect(await readdir(berth.folder)).toEqual([])
})

test('a second attempt finds the mail again, but none of the files parsed out of it', async () => {
  const { store, again } = await setup()
  const { folder } = await store('7', Buffer.from('mail'))
  await writeFile(join(folder, '1'), 'half a file')
  expect(await again().berth('7', 4)).toMatchObject({ whole: true })
  expect(await readdir(folder)).toEqual(['raw.eml'])
})

test('what is cleared is gone, and clearing it twice is fine', async () => {
  const { spool, store, folder } = await setup()
  await store('7', Buffer.from('mail'))
  await spool.clear('7')
  await spool.clear('7')
  const [free = '', ...others] = await foldersIn(folder)
  expect([free, others]).toEqual([expect.stringMatching(/^\.free-/), []])
  for (const name of await readdir(join(folder, free)))
    expect((await stat(join(folder, free, name))).size, name).toBe(0)
  expect(await spool.berth('7', 4)).toMatchObject({ whole: false, parses: 0 })
  await spool.clear('7')
  spool[Symbol.dispose]()
  expect(await readdir(folder)).toEqual([])
})

test('the folder of a mail that is over serves the next one, which finds nothing in it', async () => {
  const { spool, store, folder } = await setup()
  const { folder: first } = await store('7', Buffer.from('mail'))
  await mkdir(join(first, '1.inside'))
  await writeFile(join(first, '1.inside', '1'), 'a file')
  await spool.parsing({ folder: first, raw: join(first, 'raw.eml') })
  await spool.clear('7')
  const { folder: second } = await store('8', Buffer.from('another'))
  expect(await foldersIn(folder)).toEqual(['8'])
  expect(await readdir(second)).toEqual(['raw.eml'])
  expect(await modeOf(second)).toBe('700')
})

test('small files of a mail that is over serve the next one, of which they hold nothing but its own octets', async () => {
  const { spool, store } = await setup()
  const { folder: first } = await store('7', Buffer.alloc(100_000, 'a'))
  await writeFile(join(first, '1'), Buffer.alloc(100_000, 'b'))
  await writeFile(join(first, '2'), Buffer.alloc(200_000, 'c'))
  const { ino: raw } = await stat(join(first, 'raw.eml'))
  await spool.clear('7')
  const { folder: second } = await store('8', Buffer.from('another'))
  // Who is late with a large file must not read on in the next mail's.
  expect((await readdir(second)).toSorted()).toEqual(['1', 'raw.eml'])
  expect(await readFile(join(second, 'raw.eml'), 'utf8')).toBe('another')
  expect((await stat(join(second, 'raw.eml'))).ino).toBe(raw)
  expect((await stat(join(second, '1'))).size).toBe(0)
  expect(await spool.berth('8', 7)).toMatchObject({ whole: true, parses: 0 })
})

test('who is late with writing a mail that is over does not write into the next one', async () => {
  const { spool, store } = await setup()
  const { folder } = await spool.berth('7', 4)
  await using late = await open(join(folder, 'raw.part'), 'w')
  await spool.clear('7')
  const { raw } = await store('8', Buffer.from('another'))
  await late.write('half a mail')
  expect(await readFile(raw, 'utf8')).toBe('another')
})

test('parses that never ended are counted by whoever comes next, and those that ended are not', async () => {
  const { spool, store, again } = await setup()
  const berth = await store('7', Buffer.from('mail'))
  for (const ended of [false, true, false]) {
    const parsing = await spool.parsing(berth)
    if (ended) await parsing[Symbol.asyncDispose]()
  }
  expect(await again().berth('7', 4)).toMatchObject({ whole: true, parses: 2 })
  expect((await readFile(berth.raw)).toString()).toBe('mail')
})

test('orphans of an unclean end are swept out, the others stay', async () => {
  const { store, again, folder } = await setup()
  for (const id of ['1', '2', '3']) await store(id, Buffer.from('mail'))
  expect(await again().sweep(new Set(['2', '9']))).toBe(2)
  expect(await foldersIn(folder)).toEqual(['2'])
})

test('what may not have come to the disk before the machine went down is fetched again, and its parses are still counted', async () => {
  const { store, again } = await setup()
  const berth = await store('7', Buffer.from('mail'))
  await again().parsing(berth)
  const other = again('boot 2')
  await other.sweep(new Set(['7']))
  expect(await other.berth('7', 4)).toMatchObject({ whole: false, parses: 1 })
  await store('7', Buffer.from('mail'))
  const same = again('boot 2')
  await same.sweep(new Set(['7']))
  expect(await same.berth('7', 4)).toMatchObject({ whole: true, parses: 1 })
})

test('where the start of the machine has no name, no mail outlives the process', async () => {
  const { store, again } = await setup()
  await store('7', Buffer.from('mail'))
  const next = again('')
  await next.sweep(new Set(['7']))
  expect(await next.berth('7', 4)).toMatchObject({ whole: false })
})

test('sweeping a spool that was never used finds nothing', async () => {
  const { spool } = await setup()
  expect(await spool.sweep(new Set())).toBe(0)
})

test('an id that is no plain word cannot leave the spool', async () => {
  const { store, folder } = await setup()
  const berth = await store('../../etc/x', Buffer.from('mail'))
  expect(berth.folder.startsWith(`${folder}/h`)).toBe(true)
  expect(await foldersIn(folder)).toHaveLength(1)
})

test('a full spool takes no further mail until one is cleared', async () => {
  const { spool, store } = await setup(10_000)
  await store('1', Buffer.alloc(3000))
  await expect(spool.berth('2', 3000)).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
  await spool.clear('1')
  expect(await spool.berth('2', 3000)).toMatchObject({ whole: false })
})

test('a mail that is larger than its server said is stopped at the bound', async () => {
  const { spool } = await setup(10_000)
  const berth = await spool.berth('1', 10)
  const endless = Readable.from([Buffer.alloc(4000), Buffer.alloc(4000)])
  await expect(pipeline(endless, spool.open(berth))).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
})

test('after a restart the mails that are kept count again', async () => {
  const { store, again } = await setup(10_000)
  await store('1', Buffer.alloc(3000))
  const spool = again()
  await spool.sweep(new Set(['1']))
  await expect(spool.berth('2', 3000)).rejects.toMatchObject({ status: '4.3.1' })
})

test.runIf(process.platform === 'linux')('a full disk is a fault of the ledger, not of the mail', async () => {
  const { spool } = await setup()
  const berth = await spool.berth('1', 10)
  await symlink('/dev/full', join(berth.folder, 'raw.part'))
  const sending = pipeline(Readable.from([Buffer.alloc(4000)]), spool.open(berth))
  await expect(sending).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
})
