/** Flags and moves, on a real server. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { rewriting } from '../support/rewriting.ts'
import { faultOf, letter, mailboxAt, setup, signal } from './setup.ts'

/** Lines of dovecot.conf that give the owner these rights (RFC 4314) and no others. */
async function accessRules(rule: string): Promise<string> {
  const acl = await mkdtemp(join(tmpdir(), 'mailclip-acl-'))
  onTestFinished(() => rm(acl, { recursive: true, force: true }))
  await chmod(acl, 0o755)
  await writeFile(join(acl, 'rules'), `${rule}\n`)
  const plugin = `mail_plugins = acl\nplugin {\n  acl = vfile:${acl}/rules\n}\n`
  return `protocol imap {\n  mail_plugins = acl\n}\n${plugin}`
}

describeWithDovecot('a mail that is filed', () => {
  test.each([
    ['by MOVE', []],
    ['by COPY and UID EXPUNGE, where there is no MOVE', ['MOVE']],
  ])('is flagged and moved %s, and the server says where it went', async (_, without) => {
    const { server, mailbox, ref } = await setup({ without })
    await server.deliverMany([letter('one'), letter('two'), letter('three')])
    await server.deliver(letter('doomed'), 'INBOX', ['\\Deleted'])
    await server.deliver(letter('earlier'), 'Mailclip.Bounced')
    const two = await ref(2)
    const filed = await mailbox.file(two, { folder: 'Mailclip/Bounced', flag: '\\Flagged' }, signal)
    const uidValidity = await server.uidValidity('Mailclip.Bounced')
    expect(filed).toEqual({ folder: 'Mailclip.Bounced', uidValidity, uid: 2 })
    const there = await server.folder('Mailclip.Bounced')
    expect(there[1]?.raw.toString()).toBe(letter('two'))
    expect(there[1]?.flags.filter(flag => flag !== '\\Deleted')).toEqual(['\\Flagged'])
    expect((await server.folder('INBOX')).map(({ uid }) => uid)).toEqual([1, 3, 4])
    expect(await mailbox.file(two, { folder: 'Mailclip/Bounced', flag: '\\Flagged' }, signal)).toBe('gone')
  })

  test('is copied and marked where nothing can be expunged by itself, and a second filing changes nothing', async () => {
    const { server, mailbox, ref } = await setup({ without: ['MOVE', 'UIDPLUS'] })
    await server.deliver(letter('one'))
    await server.deliver(letter('doomed'), 'INBOX', ['\\Deleted'])
    const one = await ref(1)
    const filed = await mailbox.file(one, { folder: 'Held', flag: undefined }, signal)
    const uidValidity = await server.uidValidity('Held')
    expect(filed).toEqual({ folder: 'Held', uidValidity, uid: 1 })
    expect(await mailbox.file(one, { folder: 'Held', flag: undefined }, signal)).toEqual(filed)
    expect(await server.folder('Held')).toHaveLength(1)
    const left = await server.folder('INBOX')
    expect(left.map(({ flags }) => flags)).toEqual([['\\Deleted'], ['\\Deleted']])
  })

  test.each([
    ['.', '', 'Mailclip.Delivered'],
    ['/', '', 'Mailclip/Delivered'],
    ['.', 'INBOX.', 'INBOX.Mailclip.Delivered'],
    ['/', 'INBOX/', 'INBOX/Mailclip/Delivered'],
  ])('goes where the server with separator %s and prefix "%s" keeps its folders', async (separator, prefix, name) => {
    const { server, mailbox, ref } = await setup({ separator, prefix })
    const uid = await server.deliver(letter('one'))
    const filed = await mailbox.file(await ref(uid), { folder: 'Mailclip/Delivered', flag: undefined }, signal)
    expect(filed).toMatchObject({ folder: name, uid: 1 })
    expect(await server.folder(name)).toHaveLength(1)
    expect(await server.subscriptions()).toContain(name)
  })

  test('stays where it is when no folder is named, and nothing is done twice', async () => {
    const { server, mailbox, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    const here = { folder: 'INBOX', uidValidity: one.uidValidity, uid: 1 }
    expect(await mailbox.file(one, { folder: undefined, flag: undefined }, signal)).toEqual(here)
    expect(await mailbox.file(one, { folder: undefined, flag: '\\Flagged' }, signal)).toEqual(here)
    expect(await mailbox.file(one, { folder: 'INBOX', flag: '\\Flagged' }, signal)).toEqual(here)
    expect(await server.folder('INBOX')).toMatchObject([{ uid: 1, flags: ['\\Flagged'] }])
  })

  test('carries a keyword of ours', async () => {
    const { server, mailbox, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    await mailbox.file(one, { folder: undefined, flag: '$Bounced' }, signal)
    expect(await server.folder('INBOX')).toMatchObject([{ flags: ['$Bounced'] }])
  })

  test('is flagged \\Flagged where the folder does not take the keyword', async () => {
    const { server, mailbox, ref } = await setup({ config: 'mail_max_keyword_length = 4\n' })
    const one = await ref(await server.deliver(letter('one')))
    await mailbox.file(one, { folder: 'Held', flag: '$Bounced' }, signal)
    expect(await server.folder('Held')).toMatchObject([{ flags: ['\\Flagged'] }])
  })

  test('that somebody has moved already is gone', async () => {
    const { server, mailbox, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    await mailbox.ensureFolders(['Elsewhere'])
    await server.doveadm('move', '-u', server.user, 'Elsewhere', 'mailbox', 'INBOX', 'uid', '1')
    expect(await mailbox.file(one, { folder: 'Held', flag: '\\Flagged' }, signal)).toBe('gone')
    expect(await server.folder('Elsewhere')).toMatchObject([{ flags: [] }])
  })

  test('is not taken for another mail that has its number now', async () => {
    const { server, mailbox, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    const held = { folder: 'Held', flag: undefined }
    expect(await mailbox.file(one, held, signal, '<two@example.org>')).toBe('other')
    expect(await server.folder('INBOX')).toHaveLength(1)
    expect(await mailbox.file(one, held, signal, '<one@example.org>')).toMatchObject({ folder: 'Held' })
  })

  test('is not called gone when the server does not show it', async () => {
    const { server, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    const port = await rewriting(server.port, text => text.replaceAll(' BODY[HEADER.FIELDS', ' ) BODY[HEADER.FIELDS'))
    const mailbox = mailboxAt({ ...server, port })
    expect(await faultOf(mailbox.file(one, { folder: 'Held', flag: undefined }, signal))).toMatchObject({
      status: '4.2.0',
    })
    expect(await server.folder('INBOX')).toHaveLength(1)
  })

  test('goes back from where it was filed, when its outcome has changed', async () => {
    const { server, mailbox, ref } = await setup()
    const one = await ref(await server.deliver(letter('one')))
    const held = await mailbox.file(one, { folder: 'Mailclip/Held', flag: undefined }, signal)
    if (typeof held === 'string' || held.uid === undefined || held.uidValidity === undefined)
      throw new Error('where is it?')
    const there = { mailbox: 'support', folder: held.folder, uidValidity: held.uidValidity, uid: held.uid }
    expect(await mailbox.file(there, { folder: 'Mailclip/Delivered', flag: undefined }, signal)).toMatchObject({
      folder: 'Mailclip.Delivered',
    })
    expect(await server.folder('Mailclip.Delivered')).toHaveLength(1)
    expect(await server.folder('Mailclip.Held')).toHaveLength(0)
  })

  test.each([[['MOVE']], [['MOVE', 'UIDPLUS']]])(
    'is not copied where it may not be removed (without %s)',
    async without => {
      const rules = await accessRules('INBOX owner lrwsipkxea')
      const { server, mailbox, ref } = await setup({ without, config: rules })
      const one = await ref(await server.deliver(letter('one')))
      const fault = await faultOf(mailbox.file(one, { folder: 'Held', flag: '\\Flagged' }, signal))
      expect(fault).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
      expect(await server.folders()).toEqual(['INBOX'])
      expect(await server.folder('INBOX')).toMatchObject([{ flags: ['\\Flagged'] }])
    },
  )

  test('stays in its folder when the server refuses, and the fault repeats what the server said', async () => {
    const quota =
      'mail_plugins = quota\nplugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage=30k\n  quota_rule2 = INBOX:ignore\n}\n'
    const { server, mailbox, ref } = await setup({ without: ['MOVE'], config: quota })
    const one = await ref(await server.deliver(letter('one', 60_000)))
    const fault = await faultOf(mailbox.file(one, { folder: 'Held', flag: undefined }, signal))
    expect(fault).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
    expect(fault.message).toContain('did not move the mail to Held: [OVERQUOTA] Quota exceeded')
    expect(await server.folder('INBOX')).toHaveLength(1)
  })
})

describeWithDovecot('folders', () => {
  test('that may only be read are a fault before any mail is taken from them', async () => {
    const { server, mailbox } = await setup({ config: await accessRules('* owner lr') })
    const fault = await faultOf(mailbox.refresh(signal))
    expect(fault).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
    expect(fault.message).toContain('can only be read')
    expect(await server.folders()).toEqual(['INBOX'])
  })

  test.each([
    ['.', '', ['Mailclip.Bounced', 'Mailclip.Held']],
    ['/', '', ['Mailclip/Bounced', 'Mailclip/Held']],
    ['.', 'INBOX.', ['INBOX.Mailclip.Bounced', 'INBOX.Mailclip.Held']],
  ])('are made and subscribed once (separator %s, prefix "%s")', async (separator, prefix, names) => {
    const { server, mailbox } = await setup({ separator, prefix })
    expect(await mailbox.ensureFolders(['Mailclip/Bounced', 'Mailclip/Held'], signal)).toEqual(names)
    expect(await mailbox.ensureFolders(['Mailclip/Bounced', 'Mailclip/Held'], signal)).toEqual(names)
    expect(await server.folders()).toEqual(expect.arrayContaining(names))
    expect(await server.subscriptions()).toEqual(expect.arrayContaining(names))
    expect(await mailbox.folders(signal)).toEqual(expect.arrayContaining([...names, 'INBOX']))
  })

  test('that a person made are subscribed, and left alone otherwise', async () => {
    const { server, mailbox } = await setup()
    await server.deliver(letter('kept'), 'Held')
    await mailbox.ensureFolders(['Held'], signal)
    expect(await server.subscriptions()).toEqual(['Held'])
    expect(await server.folder('Held')).toHaveLength(1)
  })

  test('are named when the watched one is not among them', async () => {
    const { server, mailbox } = await setup(undefined, { folder: 'Supprot' })
    await server.deliver(letter('one'), 'Support')
    const fault = await faultOf(mailbox.refresh(signal))
    expect(fault).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
    expect(fault.message).toBe('there is no folder Supprot; there are INBOX, Support')
  })

  test('below others can be watched, written with a slash', async () => {
    const { server, mailbox } = await setup(undefined, { folder: 'Support/Incoming' })
    await server.deliver(letter('one'), 'Support.Incoming')
    expect(await mailbox.refresh(signal)).toMatchObject({ folder: 'Support.Incoming' })
    expect(await mailbox.uids(0, signal)).toEqual([1])
  })
})
