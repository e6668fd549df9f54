import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const ROOT = new URL('..', import.meta.url).pathname

/** The house in a folder of its own, where a wall may be broken. */
async function house(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-floors-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const name of ['src', '.dependency-cruiser.json', 'tsconfig.json', 'package.json'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** What `npm run floors` says there, with its exit code. */
async function floors(folder: string): Promise<{ readonly code: number; readonly said: string }> {
  const program = join(ROOT, 'node_modules/.bin/depcruise')
  try {
    const words = [program, '--config', '.dependency-cruiser.json', '--no-progress', 'src']
    return { code: 0, said: (await run(process.execPath, words, { cwd: folder })).stdout }
  } catch (error) {
    const { code, stdout } = error as { readonly code: number; readonly stdout: string }
    return { code, said: stdout }
  }
}

test('a broken wall is found: floors, keepers, circles, and imports of types alone', async () => {
  const folder = await house()
  const broken: Readonly<Record<string, readonly [file: string, line: string]>> = {
    'mail-is-pure': ['src/mail/ref.ts', "import '../gateway/backoff.ts'"],
    'gateway-imports-mail-only': ['src/gateway/backoff.ts', "import type { Log } from '../ops/log.ts'"],
    'ops-knows-no-other-adapter': ['src/ops/pretty.ts', "import type { Swept } from '../gateway/sweep.ts'"],
    'keeper-of-winston': ['src/gateway/turns.ts', "import 'winston'"],
    'keeper-of-imapflow': ['src/cli/table.ts', "import type { ImapFlow } from 'imapflow'"],
    'loaded-late': ['src/desk/watch.ts', "import 'undici'"],
    'keeper-of-nodesqlite': ['src/cli/list.ts', "import 'node:sqlite'"],
  }
  await writeFile(join(folder, 'src/mail/round.ts'), "import './trip.ts'\n")
  await writeFile(join(folder, 'src/mail/trip.ts'), "import './round.ts'\n")
  for (const [file, line] of Object.values(broken)) {
    const path = join(folder, file)
    await writeFile(path, `${line}\n${await readFile(path, 'utf8')}`)
  }
  const { code, said } = await floors(folder)
  expect(code).not.toBe(0)
  for (const [rule, [file]] of Object.entries(broken)) expect(said, rule).toContain(`${rule}: ${file}`)
  expect(said).toMatch(/no-circular: src\/mail\/(round|trip)\.ts/)
})

test('no test stands on a mock', async () => {
  const files = (await readdir(join(ROOT, 'test'), { recursive: true })).filter(name => name.endsWith('.ts'))
  const mocks = new RegExp(['mock', 'fn', 'spyOn', 'doMock', 'stubGlobal'].map(verb => `vi[.]${verb}\\b`).join('|'))
  const guilty: string[] = []
  for (const name of files) if (mocks.test(await readFile(join(ROOT, 'test', name), 'utf8'))) guilty.push(name)
  expect(files.length).toBeGreaterThan(5)
  expect(guilty).toEqual([])
})

type Locked = {
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
}

test('no package that runs with mailclip runs a script when it is installed, and each has its checksum', async () => {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
  const packages = Object.entries<Locked>(lock.packages).filter(([path]) => path !== '')
  const runtime = packages.filter(([, { dev }]) => dev !== true)
  expect(runtime.length).toBeGreaterThan(20)
  expect(runtime.filter(([, one]) => one.hasInstallScript === true)).toEqual([])
  // Builds of development tools for other platforms are named in the lock, so that it is complete, and never fetched here.
  const fetched = packages.filter(([, { dev, optional }]) => !(dev && optional))
  expect(fetched.filter(([, one]) => one.integrity === undefined)).toEqual([])
})
