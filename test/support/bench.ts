/** A folder to install things in, and commands run there as an administrator runs them: without what npm tells its own scripts. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Ended } from './process.ts'

export const ROOT = new URL('../..', import.meta.url).pathname

/** Installing on a busy machine takes its time. */
export const PATIENCE = 600_000

/** Gone with the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-bench-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** What git would give, with the packages of this checkout. */
export async function checkout(): Promise<string> {
  const folder = await emptyFolder()
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: ROOT,
      maxBuffer: 1e8,
    },
  )
  for (const file of stdout.split('\0').filter(name => name !== '' && !name.startsWith('test/')))
    await cp(join(ROOT, file), join(folder, file), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** The environment for it: our Node.js first, npm's own settings (cache, certificates, registry) kept, packages from the cache where it has them. */
export function surroundings(): Readonly<Record<string, string | undefined>> {
  const kept = /^npm_config_(cache|cafile|userconfig|globalconfig|registry)$/i
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV)/i.test(name) || kept.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    npm_config_prefer_offline: 'true',
  }
}

/** Never rejects for an exit code. */
export async function command(cwd: string, program: string, ...args: readonly string[]): Promise<Ended> {
  const options = { cwd, env: surroundings(), maxBuffer: 1e8 }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options)
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const {
      code,
      stdout = '',
      stderr = '',
      message,
    } = error as Error & Readonly<Record<'code' | 'stdout' | 'stderr', unknown>>
    if (typeof code !== 'number') throw error
    return { code, out: String(stdout), err: String(stderr) || message }
  }
}
