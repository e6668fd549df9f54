/** The test server itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot, dovecot, sharedDovecot } from './dovecot.ts'
import { eventually } from './mortal.ts'
import { connects } from './ports.ts'

describeWithDovecot('the Dovecot of the tests', () => {
  test('takes two hundred mails in a few seconds and hands them out as they came', async () => {
    const began = performance.now()
    const server = await dovecot()
    onTestFinished(() => server.close())
    const up = performance.now()
    const raws = Array.from({ length: 200 }, (_, n) => `Subject: mail ${n}\r\n\r\nThe ${n}th.\r\n`)
    const uids = await server.deliverMany(raws)
    const delivered = performance.now()
    expect(uids).toEqual(raws.map((_, n) => n + 1))
    const lying = await server.folder('INBOX')
    expect(lying.map(({ raw }) => raw.toString())).toEqual(raws)
    await server.deliver('Subject: x\r\n\r\n', 'Else.Where', ['\\Seen', 'keyword'])
    expect((await server.folder('Else.Where')).map(({ flags }) => flags)).toEqual([['\\Seen', 'keyword']])
    expect(await server.folders()).toEqual(['Else', 'Else.Where', 'INBOX'])
    expect(up - began).toBeLessThan(60_000)
    expect(delivered - up).toBeLessThan(60_000)
    await server.stop()
    await server.start()
    await server.deliver('Subject: y\r\n\r\n', 'INBOX')
    await server.doveadm('mailbox', 'update', '--uid-validity', '4711', '-u', server.user, 'INBOX')
    expect(await server.uidValidity('INBOX')).toBe('4711')
    expect(await server.folder('INBOX')).toHaveLength(201)
  })
  test('that is shared gives everybody an account of their own', async () => {
    await using one = await sharedDovecot()
    await using other = await sharedDovecot()
    expect(other.port).toBe(one.port)
    await one.deliver('Subject: x\r\n\r\n', 'Else.Where')
    expect([await one.folders(), await other.folders()]).toEqual([['Else', 'Else.Where', 'INBOX'], ['INBOX']])
    const signIn = (user: string, password: string): Promise<string> => one.doveadm('auth', 'test', user, password)
    await signIn(one.user, one.password)
    for (const wrong of [other.password, 'correct-horse', ''])
      await expect(signIn(one.user, wrong)).rejects.toMatchObject({ code: 77 })
  })

  test.each(['dovecot', 'sharedDovecot'])(
    'ends with its process when that is killed, folder and all: %s',
    async name => {
      const folder = await mkdtemp(join(tmpdir(), 'mailclip-leash-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const script = `const server = await (await import('${new URL('dovecot.ts', import.meta.url)}')).${name}()
      console.log(server.port)
      setInterval(() => {}, 1_000)`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...env, TMPDIR: folder } })
      onTestFinished(() => void child.kill('SIGKILL'))
      const [said] = await once(child.stdout, 'data')
      const port = Number(String(said))
      expect([await connects(port), await readdir(folder)]).toEqual([true, [expect.any(String)]])
      child.kill('SIGKILL')
      await eventually(async () => !(await connects(port)) && (await readdir(folder)).length === 0)
    },
  )
})
