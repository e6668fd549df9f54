/** An image without an engine: the Dockerfile's steps, replayed in folders, each stage a root of its own and its commands in a sandbox. */
import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, posix } from 'node:path'
import { DockerfileParser } from 'dockerfile-ast'
import { expect } from 'vitest'
import { command, surroundings } from './bench.ts'
import type { Ended } from './process.ts'

export type Image = {
  readonly root: string
  readonly user: string
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly healthcheck: readonly string[]
}

type Stage = { -readonly [key in keyof Image]: Image[key] }

/** Builds what the Dockerfile of this context says. A step that fails fails the test, with what it printed. */
export async function built(context: string, rooms: string): Promise<Image> {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const instruction of DockerfileParser.parse(
    await readFile(join(context, 'Dockerfile'), 'utf8'),
  ).getInstructions()) {
    const keyword = instruction.getKeyword()
    const words = instruction.getExpandedArguments().map(one => one.getValue())
    if (keyword === 'FROM') {
      stage = await begun(join(rooms, String(stages.size)))
      stages.set(words[2] ?? 'final', stage)
    } else if (stage !== undefined)
      await step(stage, keyword, instruction.getTextContent().slice(keyword.length).trim(), words, { context, stages })
  }
  if (stage === undefined) throw new Error('the Dockerfile has no stage')
  return stage
}

/** What a base image has: the system, read-only, and folders of its own where an image writes. */
async function begun(root: string): Promise<Stage> {
  for (const folder of ['usr/local/bin', 'etc', 'proc', 'dev', 'tmp', 'run', 'root'])
    await mkdir(join(root, folder), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name))
  await writeFile(join(root, 'usr/local/bin/node'), '')
  return { root, user: '0:0', workdir: '/', environment: {}, entrypoint: [], cmd: [], healthcheck: [] }
}

type Surroundings = { readonly context: string; readonly stages: ReadonlyMap<string, Stage> }

async function step(
  stage: Stage,
  keyword: string,
  raw: string,
  words: readonly string[],
  around: Surroundings,
): Promise<void> {
  switch (keyword) {
    case 'WORKDIR':
      stage.workdir = posix.resolve(stage.workdir, words[0] ?? '')
      await mkdir(join(stage.root, stage.workdir), { recursive: true })
      break
    case 'ENV':
      stage.environment = { ...stage.environment, ...Object.fromEntries(words.map(word => word.split('=', 2))) }
      break
    case 'COPY':
      await copy(stage, words, raw, around)
      break
    case 'RUN': {
      const { code, out, err } = await inside(stage, ['sh', '-c', raw.replaceAll('\\\n', ' ')], { building: true })
      expect(code, `RUN ${raw}\n${out}${err}`).toBe(0)
      break
    }
    case 'USER':
      stage.user = words[0] ?? ''
      break
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(raw)
      break
    case 'CMD':
      stage.cmd = JSON.parse(raw)
      break
    case 'HEALTHCHECK':
      stage.healthcheck = JSON.parse(raw.replace(/^.*CMD /s, ''))
      break
    case 'LABEL':
    case 'VOLUME':
    case 'EXPOSE':
    case 'STOPSIGNAL':
      break
    default:
      throw new Error(`no replay of ${keyword} yet`)
  }
}

/** As Docker does: several sources go into a folder, a folder's content goes into the folder named. */
async function copy(
  { root, workdir }: Stage,
  words: readonly string[],
  raw: string,
  { context, stages }: Surroundings,
) {
  const [, from] = /^--from=(\S+)/.exec(raw) ?? []
  const paths = words.filter(word => !word.startsWith('--'))
  const to = join(root, posix.resolve(workdir, paths.at(-1) ?? ''))
  const source = from === undefined ? context : stages.get(from)?.root
  if (source === undefined) throw new Error(`there is no stage ${from}`)
  for (const path of paths.slice(0, -1)) {
    const isFolder = (await stat(join(source, path))).isDirectory()
    const target = isFolder || !paths.at(-1)?.endsWith('/') ? to : join(to, basename(path))
    await cp(join(source, path), target, { recursive: true, verbatimSymlinks: true })
  }
}

export type Inside = {
  /** Writes anywhere, as root, and has npm's cache; otherwise the root is read-only and the user is the image's. */
  readonly building?: boolean
  /** Path in the container to file or folder here; `writable` may be written. */
  readonly mounts?: Readonly<Record<string, string>>
  readonly writable?: Readonly<Record<string, string>>
}

/** Runs words in the container, and waits. */
export async function inside(image: Image, words: readonly string[], how: Inside = {}): Promise<Ended> {
  return command('/', 'bwrap', ...sandbox(image, how), ...words)
}

/** Starts words as process 1 of the container; `child` is the sandbox, which ends as they end. */
export function startInside(image: Image, words: readonly string[], how: Inside) {
  const options = ['--unshare-pid', '--as-pid-1', ...sandbox(image, how)]
  return spawn('bwrap', [...options, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: surroundings() as NodeJS.ProcessEnv,
  })
}

function sandbox(image: Image, { building = false, mounts = {}, writable = {} }: Inside): readonly string[] {
  const bind = building ? '--bind' : '--ro-bind'
  const [uid = '', gid = ''] = image.user.split(':')
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...image.environment }
  return [
    ...[bind, image.root, '/', '--ro-bind', '/usr', '/usr', bind, join(image.root, 'usr/local'), '/usr/local'],
    ...['--ro-bind', process.execPath, '/usr/local/bin/node', '--ro-bind', '/etc', '/etc'],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--chdir', image.workdir, '--die-with-parent'],
    ...(building
      ? ['--bind', join(homedir(), '.npm'), '/root/.npm', '--ro-bind-try', join(homedir(), '.npmrc'), '/root/.npmrc']
      : []),
    ...Object.entries(mounts).flatMap(([to, from]) => ['--ro-bind', from, to]),
    ...Object.entries(writable).flatMap(([to, from]) => ['--bind', from, to]),
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...(building
      ? []
      : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--inh-caps=-all']),
  ]
}
