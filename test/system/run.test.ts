import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

/** A schedule that does not strike during a test: what happens, happens because of IDLE or the start. */
const NEVER = '0 0 1 1 *'

test('the daemon that is stopped before it has read its configuration ends in order too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-stopped-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'slow.yaml')
  await promisify(execFile)('mkfifo', ['-m', '600', file])
  const daemon = start(['run', '--config', file])
  // Opens when somebody reads.
  const slow = await open(file, 'w')
  daemon.child.kill('SIGTERM')
  const written = {
    mailboxes: [{ host: 'localhost', user: 'support', password: 'x' }],
    desk: { url: 'https://localhost/api/v1/1', user: 'mailclip', password: 'x' },
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: null,
  }
  await slow.writeFile(stringify(written))
  await slow.close()
  expect(await daemon.ended).toMatchObject({ code: 0, out: expect.not.stringContaining('"swept"') })
})

test('a failure that nobody catches ends with 70 and a stack, and shows nothing that hangs on the error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-uncaught-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = await configured(folder, {
    mailboxes: [{ host: 'localhost', user: 'support', password: 'x' }],
    desk: { url: 'https://localhost/api/v1/1', user: 'mailclip', password: 'x' },
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: null,
  })
  const thrown = `setTimeout(() => { throw Object.assign(new Error('boom'), { auth: { pass: 'of the mailbox' } }) }, 1_500)`
  const preloaded = `data:text/javascript,${encodeURIComponent(thrown)}`
  const { code, err } = await mailclip(['run', '--config', file], { NODE_OPTIONS: `--import=${preloaded}` })
  expect([code, err]).toEqual([70, expect.stringMatching(/a bug: Error: boom\n +at /)])
  expect(err).not.toContain('of the mailbox')
})

describeWithDovecot('the daemon', () => {
  test('sweeps at its start, is woken by a new mail, and ends in order with 0', async () => {
    const { written, folder, post, desk } = await setup({ settings: { schedule: NEVER } })
    const file = await configured(folder, written)
    await post(letter({ attachments: { 'first.txt': 'first' } }))
    const daemon = start(['run', '--config', file])
    await desk.until(() => desk.received.length === 1)
    await daemon.says(/"swept"/)
    await post(letter({ attachments: { 'second.txt': 'second' } }))
    await desk.until(() => desk.received.length === 2)
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    expect(desk.received.map(({ name }) => name)).toEqual(['first.txt', 'second.txt'])
  })

  test('looks by its schedule where the server knows no IDLE', async () => {
    const { written, folder, post, desk } = await setup({
      settings: { schedule: '* * * * * *' },
      dovecot: { without: ['IDLE'] },
    })
    const daemon = start(['run', '--config', await configured(folder, written)])
    await daemon.says(/"swept"/)
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await desk.until(() => desk.received.length === 1)
  })

  test('lets an upload under way end before it stops', async () => {
    const { written, folder, post, desk } = await setup({ settings: { schedule: NEVER } })
    const file = await configured(folder, written)
    desk.will({ status: 201, keep: true, delay: 1_500 })
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    const daemon = start(['run', '--config', file])
    await desk.until(() => desk.requests.some(({ method }) => method === 'POST'))
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    const [mail] = rows((await mailclip(['list', '--json', '--config', file])).out)
    expect(mail).toMatchObject({ state: 'delivered' })
    expect(desk.documents('I161026_000005')).toHaveLength(1)
  })

  test('cuts an upload that outlasts the drain, and finds it at its next start', async () => {
    const { written, folder, post, desk } = await setup({ settings: { schedule: NEVER, drain: '300ms' } })
    const file = await configured(folder, written)
    desk.will({ status: 201, keep: true, delay: 20_000 })
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    const daemon = start(['run', '--config', file])
    await desk.until(() => desk.documents('I161026_000005').length === 1)
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    expect((await mailclip(['sweep', '--config', file])).code).toBe(0)
    expect(desk.documents('I161026_000005')).toHaveLength(1)
    expect(rows((await mailclip(['list', '--json', '--config', file])).out)).toMatchObject([{ state: 'delivered' }])
  })

  test('ends with 74 when its ledger is damaged while it works, though other loops of it meet no damage', async () => {
    const { written, folder } = await setup({
      settings: {
        schedule: '* * * * * *',
        status: { host: '127.0.0.1', port: 0 },
        summary: { to: 'ops@example.net', at: '08:00' },
      },
      meddling: true,
    })
    const daemon = start(['run', '--config', await configured(folder, written)])
    await daemon.says(/"swept"/)
    for (const file of ['mailclip.db', 'mailclip.db-wal'])
      await writeFile(join(folder, file), Buffer.alloc(100_000, 0xff), { flag: 'r+' })
    expect(await daemon.ended).toMatchObject({ code: 74, err: expect.stringMatching(/mailclip\.db.*(restore|backup)/) })
  })

  test('goes on when nobody reads what it says any more', async () => {
    const { written, folder, post, desk } = await setup({
      settings: { schedule: NEVER, status: { host: '127.0.0.1', port: 0 } },
    })
    const daemon = start(['run', '--config', await configured(folder, written)])
    daemon.child.stdout?.destroy()
    daemon.child.stderr?.destroy()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await desk.until(() => desk.received.length === 1)
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(0)
  })

  test('whose page finds its port taken ends with 69 and says so in a sentence, and calls it no bug', async () => {
    const { written, folder } = await setup({ settings: { schedule: NEVER } })
    await using other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const file = await configured(folder, { ...written, status: { host: '127.0.0.1', port } })
    expect(await mailclip(['run', '--config', file])).toMatchObject({
      code: 69,
      err: `mailclip: the status page cannot listen on 127.0.0.1:${port} (EADDRINUSE)\n`,
    })
  })

  test('shows that it lives and is ready, and no mail on its metrics', async () => {
    const { written, folder, post, desk } = await setup({
      settings: { schedule: NEVER, status: { host: '127.0.0.1', port: 0 } },
    })
    const daemon = start(['run', '--config', await configured(folder, written)])
    const [, url] = await daemon.says(/status page at (http:\S+)/)
    await post(letter({ subject: 'Secret I161026_000005', attachments: { 'confidential.txt': 'first' } }))
    await desk.until(() => desk.received.length === 1)
    await daemon.says(/"settled"/)
    const at = (path: string): Promise<Response> => fetch(new URL(path, url))
    expect((await at('/health')).status).toBe(200)
    expect((await at('/ready')).status).toBe(200)
    const metrics = await (await at('/metrics')).text()
    expect(metrics).toMatch(/mailclip_mails_total\{outcome="delivered",status="2\.0\.0"\} 1/)
    expect(metrics).not.toMatch(/Secret|confidential|ada@example|I161026/)
    expect(await (await at('/')).text()).toContain('Secret I161026_000005')
  })

  test('tells the log what became of a mail, and none of its words', async () => {
    const { written, folder, post, desk, imap } = await setup({ settings: { schedule: NEVER } })
    const daemon = start(['run', '--config', await configured(folder, written)])
    await daemon.says(/"swept"/)
    await post(letter({ subject: 'Secret I161026_000005', text: 'the body', attachments: { 'confidential.txt': 'x' } }))
    await daemon.says(/"settled"/)
    daemon.child.kill('SIGTERM')
    const { out } = await daemon.ended
    const lines = rows(out)
    expect(lines.find(({ event }) => event === 'concluded')).toMatchObject({ outcome: 'delivered', status: '2.0.0' })
    for (const word of ['Secret', 'the body', 'confidential', 'ada@example.org', imap.password, desk.password])
      expect(out).not.toContain(word)
  })
})
