import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse.ts'
import { command, emptyFolder, ROOT } from '../support/bench.ts'
import { describeWith } from '../support/needs.ts'

const UNIT = join(ROOT, 'deploy/mailclip.service')
const unit = await readFile(UNIT, 'utf8')

/** Every value of a key, in order. */
const valuesOf = (key: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

test('the unit waits longer than the drain before it kills, and tells only mailclip to stop', () => {
  const { drain } = parseSettings({
    mailboxes: [{ host: 'imap.example.com', user: 'support', password: 'x' }],
    desk: { url: 'https://desk.example.com/api/v1/50004', token: 'x' },
    notices: null,
  })
  const [stop = ''] = valuesOf('TimeoutStopSec')
  expect(Number(stop) * 1000).toBeGreaterThanOrEqual(drain + 10_000)
  expect(valuesOf('KillMode')).toEqual(['mixed'])
  expect(valuesOf('RestartPreventExitStatus')).toEqual(['78'])
})

test('the secrets of the unit come by LoadCredential, one file each, and none by the environment', () => {
  expect(valuesOf('LoadCredential')).toEqual(
    ['imap', 'desk', 'smtp'].map(name => `${name}:/etc/mailclip/credentials/${name}`),
  )
  expect(valuesOf('Environment').filter(value => !/^(NODE_ENV|MAILCLIP_CONFIG)=/.test(value))).toEqual([])
  expect(valuesOf('EnvironmentFile')).toEqual([])
})

describeWith('systemd-analyze', 'systemd', 'the systemd unit', () => {
  /** The file system as the unit finds it: systemd's own units, and a command where ExecStart names it. */
  async function machine(text: string): Promise<string> {
    const root = await emptyFolder()
    await mkdir(join(root, 'usr/lib/systemd'), { recursive: true })
    await cp('/usr/lib/systemd/system', join(root, 'usr/lib/systemd/system'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    await symlink('usr/lib', join(root, 'lib'))
    for (const folder of ['etc/systemd/system', 'usr/local/bin']) await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, 'etc/systemd/system/mailclip.service'), text)
    await writeFile(join(root, 'usr/local/bin/mailclip'), '#!/bin/sh\n', { mode: 0o755 })
    return root
  }
  const verify = async (text: string) =>
    command(ROOT, 'systemd-analyze', 'verify', '--man=no', `--root=${await machine(text)}`, 'mailclip.service')

  test('has no mistake that systemd can find', async () => {
    expect(await verify(unit)).toEqual({ code: 0, out: '', err: '' })
    // It would find one.
    expect((await verify(unit.replace('ProtectSystem=', 'ProtectSystm='))).err).toContain("Unknown key 'ProtectSystm'")
  })

  test('is exposed to little: systemd rates it 1.5 or better (0 is best, 10 is unconfined)', async () => {
    const { code, out, err } = await command(
      ROOT,
      'systemd-analyze',
      'security',
      '--offline=true',
      '--threshold=15',
      UNIT,
    )
    expect(code, out + err).toBe(0)
    const bare = unit.replace(/^(System|Protect|Private|Restrict|Capability|NoNew).*$/gm, '')
    const folder = await emptyFolder()
    await writeFile(join(folder, 'mailclip.service'), bare)
    const words = ['security', '--offline=true', '--threshold=15', join(folder, 'mailclip.service')]
    expect((await command(ROOT, 'systemd-analyze', ...words)).code).toBe(1)
  })

  test('finds its user in the file for systemd-sysusers', async () => {
    const root = await emptyFolder()
    await mkdir(join(root, 'etc'))
    const { code } = await command(ROOT, 'systemd-sysusers', `--root=${root}`, join(ROOT, 'deploy/mailclip.sysusers'))
    expect(code).toBe(0)
    expect(await readFile(join(root, 'etc/passwd'), 'utf8')).toMatch(/^mailclip:.*:\/var\/lib\/mailclip:.*nologin$/m)
    expect(valuesOf('User')).toEqual(['mailclip'])
  })
})
