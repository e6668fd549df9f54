/** Disks that are full or read-only: nothing is begun, one clear sentence, and the work goes on by itself. Needs root for disks of its own. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWithDisks, disk, fill, remount } from '../support/disk.ts'
import { letter, octets } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { configured, mailclip, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

const TICKET = 'I161026_000005'

await describeWithDisks('a disk', () => {
  test('that is full stops the daemon from beginning anything; with room again it goes on by itself', async () => {
    const folder = await disk(1024)
    const ledger = { url: `sqlite:${join(folder, 'mailclip.db')}` }
    const road = await setup({ settings: { ledger, schedule: '* * * * * *' } })
    const daemon = start(['run', '--config', await configured(road.folder, road.written)])
    await daemon.says(/"swept"/)
    const filler = await fill(folder)
    for (const n of [1, 2, 3]) await road.post(letter({ subject: `I161026_00000${n}`, attachments: { 'a.txt': 'x' } }))
    await daemon.says(/"4\.3\.1"/)
    await daemon.says(/the disk is full/)
    expect(road.desk.requests.filter(({ method }) => method === 'POST')).toEqual([])
    await rm(filler)
    await road.desk.until(() => road.desk.received.length === 3)
    await road.desk.until(() => road.desk.requests.filter(({ method }) => method === 'GET').length === 6)
    expect(daemon.child.exitCode).toBeNull()
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(0)
    expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  test('of the spool that is full costs no mail its try', async () => {
    const folder = await disk(256)
    const road = await setup({ settings: { spool: { folder: join(folder, 'spool') } } })
    await road.post(letter({ attachments: { 'a.bin': octets(400_000) } }))
    for (const _ of [1, 2, 3]) await expect(road.sweep()).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
    expect(await road.mails()).toMatchObject([{ state: 'queued', attempts: 0 }])
    expect(road.desk.received).toEqual([])
    await remount(folder, 'size=4096k')
    await untilDone(road)
    expect(road.desk.documents(TICKET)).toHaveLength(1)
  })

  test('that is read-only ends a sweep with 74 and a sentence, and nothing is asked of the desk', async () => {
    const folder = await disk(4096)
    const road = await setup({ settings: { ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` } } })
    expect(await road.sweep()).toBe(0)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await remount(folder, 'ro')
    const file = await configured(road.folder, road.written)
    const { code, err } = await mailclip(['sweep', '--config', file])
    expect([code, err]).toEqual([74, expect.stringMatching(/^mailclip: .*(read-only|cannot be (made|opened|written))/)])
    expect(road.desk.requests).toEqual([])
    await remount(folder, 'rw')
    expect(await road.sweep()).toBe(0)
    expect(road.desk.documents(TICKET)).toHaveLength(1)
  })

  test('that damaged the ledger ends a sweep with 74, and names the file and what to do', async () => {
    const road = await setup({ meddling: true })
    expect(await road.sweep()).toBe(0)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    const file = join(road.folder, 'mailclip.db')
    await writeFile(file, Buffer.alloc(20_000, 0xff), { flag: 'r+' })
    const config = await configured(road.folder, road.written)
    const { code, err } = await mailclip(['sweep', '--config', config])
    expect([code, err]).toEqual([74, expect.stringMatching(/mailclip\.db.*(restore|backup)/)])
    expect(road.desk.requests).toEqual([])
  })
})
