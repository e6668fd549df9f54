import { once } from 'node:events'
import { chmod, chown, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { checkout, emptyFolder, PATIENCE, ROOT } from '../support/bench.ts'
import { built, type Image, inside, startInside } from '../support/image.ts'
import { describeWith } from '../support/needs.ts'
import { freePort } from '../support/ports.ts'

const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))

/** The build context: a checkout with an operator's configuration in it, less what .dockerignore keeps out. */
async function context(): Promise<string> {
  const [whole, folder] = [await checkout(), await emptyFolder()]
  await writeFile(join(whole, 'config/mailclip.yaml'), 'a secret')
  const lines = (await readFile(join(whole, '.dockerignore'), 'utf8')).split('\n').filter(line => line !== '')
  expect(lines[0]).toBe('*')
  const [wanted, unwanted] = [
    lines.filter(line => line.startsWith('!')),
    lines.slice(1).filter(line => !line.startsWith('!')),
  ]
  const filter = (source: string): boolean => !unwanted.some(path => source === join(whole, path))
  for (const name of wanted.map(line => line.slice(1)))
    await cp(join(whole, name), join(folder, name), { recursive: true, filter })
  await cp(join(whole, 'Dockerfile'), join(folder, 'Dockerfile'))
  return folder
}

/** A configuration and a data folder as a container gets them: the mailbox and the desk are not there. */
async function mounted(port: number) {
  const folder = await emptyFolder()
  await chmod(folder, 0o755)
  const nobody = await freePort()
  const settings = {
    mailboxes: [{ name: 'support', host: '127.0.0.1', port: nobody, security: 'plain', user: 'u', password: 'p' }],
    desk: { url: `http://127.0.0.1:${nobody}/api/v1/50004`, token: 't' },
    notices: null,
    status: { host: '0.0.0.0', port, token: 'a long random text' },
  }
  await writeFile(join(folder, 'mailclip.yaml'), stringify(settings), { mode: 0o600 })
  await mkdir(join(folder, 'data'), { mode: 0o700 })
  for (const name of ['mailclip.yaml', 'data']) await chown(join(folder, name), 1000, 1000)
  return {
    mounts: { '/app/config/mailclip.yaml': join(folder, 'mailclip.yaml') },
    writable: { '/app/data': join(folder, 'data') },
  }
}

/** The daemon as process 1 of its container. */
async function running(image: Image, how: Awaited<ReturnType<typeof mounted>>) {
  const child = startInside(image, [...image.entrypoint, ...image.cmd], how)
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const out = text(child.stdout)
  const ended = once(child, 'close').then(async ([code]) => ({ code, out: await out }))
  let said = ''
  for await (const chunk of child.stderr) {
    said += chunk
    if (said.includes('status page at')) break
  }
  const [first = ''] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ')
  expect(Number(first), said).toBeGreaterThan(1)
  return { stop: () => process.kill(Number(first), 'SIGTERM'), ended }
}

describeWith(
  'bwrap',
  'bubblewrap',
  'the image',
  () => {
    test(
      'builds from what the context holds, runs as nobody on a read-only root, is well, and stops as process 1 when told to',
      async () => {
        const image = await built(await context(), await emptyFolder())
        expect(image).toMatchObject({ user: '1000:1000', workdir: '/app', environment: { NODE_ENV: 'production' } })

        // What is in it, and what is not.
        const app = join(image.root, 'app')
        expect((await readdir(app)).sort()).toEqual([
          'LICENSE',
          'config',
          'data',
          'dist',
          'node_modules',
          'package.json',
        ])
        expect(await readdir(join(app, 'config'))).not.toContain('mailclip.yaml')
        const packages = await readdir(join(app, 'node_modules'))
        for (const name of ['typescript', 'vitest', 'node', 'hoodiecrow-imap', 'smtp-server', 'minimist'])
          expect(packages).not.toContain(name)
        expect(await stat(join(app, 'data'))).toMatchObject({ uid: 1000, gid: 1000, mode: 0o40700 })

        // Docker makes the place of a mounted file in a layer of its own.
        await writeFile(join(app, 'config/mailclip.yaml'), '')
        const how = await mounted(await freePort())
        expect(await inside(image, ['mailclip', '--version'])).toMatchObject({ code: 0, out: `${version}\n` })
        expect(await inside(image, ['mailclip', 'check', '--offline'], how)).toMatchObject({ code: 0 })
        expect(await inside(image, ['sh', '-c', 'id -u; touch /app/x'], how)).toMatchObject({ code: 1, out: '1000\n' })

        expect(await inside(image, image.healthcheck, how)).toMatchObject({ code: 1 })
        const daemon = await running(image, how)
        expect(await inside(image, image.healthcheck, how)).toMatchObject({ code: 0, out: 'ok\n' })
        daemon.stop()
        const { code, out } = await daemon.ended
        expect(code).toBe(0)
        expect(out).toContain('"event":"stopped"')
        expect(await inside(image, image.healthcheck, how)).toMatchObject({ code: 1 })
      },
      PATIENCE,
    )
  },
  ['--ro-bind', '/', '/', '--unshare-pid', 'setpriv', '--reuid=1000', '--clear-groups', 'true'],
)
